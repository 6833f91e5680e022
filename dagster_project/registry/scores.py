"""Scores: their measures, curves and weights, the bands of what they come to, and the stages of accounts."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise, product
from typing import Literal

from pydantic import Field

from dagster_project.registry.rows import (
    ALL,
    HIGHEST_POINTS,
    OptionalNumber,
    Points,
    RegistryFault,
    Row,
    Text,
    Words,
    grouped,
)
from dagster_project.registry.sequences import beginning_faults

# The band above which a product is in use; signals, phases and the renewal review look for it by its name.
LINE_BAND = "below_line"


class Score(Row):
    """A score, with what it needs to be told and how long its band is held."""

    seed_name = "health_scores"
    version_key = ("score_id",)

    score_id: Text
    minimum_coverage_rate: Decimal = Field(ge=0, le=1)
    band_hold_days: int = Field(ge=1, le=14)


class Band(Row):
    """A band of scores, up to its maximum; that of rank 0 is for unknown."""

    seed_name = "health_bands"
    part_key = ("band_id",)

    band_id: Text
    band_rank: int = Field(ge=0)
    maximum_score: OptionalNumber


class Stage(Row):
    """A stage of accounts, from an age on."""

    seed_name = "account_stages"
    part_key = ("stage_id",)

    stage_id: Text
    minimum_age_days: int = Field(ge=0)


class Measure(Row):
    """A measure, with whom it is for and what it is read from."""

    seed_name = "health_measures"
    version_key = ("measure_id",)

    measure_id: Text
    axis: Literal["people", "depth", "rhythm", "engagement", "support", "voice", "value"]
    maturity_axis: Literal["depth", "breadth", ""]
    maturity_part: str
    name_english: Text
    name_japanese: Text
    meaning_english: Text
    meaning_japanese: Text
    unit: Text
    direction: Literal["up", "down", "middle"]
    window_days: int = Field(ge=0)
    minimum_age_days: int = Field(ge=0)
    segments: Words = Field(min_length=1)
    stages: Words = Field(min_length=1)
    required_inputs: Words = Field(min_length=1)


class Knot(Row):
    """A point of a measure's curve."""

    seed_name = "health_curves"
    version_key = ("measure_id",)
    part_key = ("knot_value",)

    measure_id: Text
    knot_value: Decimal
    points: Points


class Weight(Row):
    """What a measure weighs in a score, for a segment and stage."""

    seed_name = "health_weights"
    version_key = ("score_id", "measure_id", "segment", "stage")

    score_id: Text
    measure_id: Text
    segment: Text
    stage: Text
    weight: Decimal = Field(ge=0)


def band_faults(bands: Sequence[Band]) -> Iterable[RegistryFault]:
    """From 0 to 4 without a gap: each band begins where the one below it ends."""
    for group in grouped(bands, "valid_from_date"):
        unknown, *scored = sorted(group, key=lambda band: band.band_rank)
        if unknown.band_rank != 0 or unknown.maximum_score is not None:
            yield unknown.fault("band_rank", "the first band has rank 0 and no maximum: it is for unknown")
            continue
        for lower, upper in pairwise([unknown, *scored]):
            if upper.band_rank != lower.band_rank + 1:
                yield upper.fault(
                    "band_rank",
                    f"there is a gap between ranks {lower.band_rank} and {upper.band_rank}; number bands one by one",
                )
        begins: Decimal | None = Decimal(0)
        for band in scored:
            ends = band.maximum_score
            if ends is None or (begins is not None and ends <= begins):
                yield band.fault(
                    "maximum_score", f"must lie above {begins}, where the band below it ends, and is {ends}"
                )
            begins = ends
        if LINE_BAND not in {band.band_id for band in group}:
            yield unknown.fault(
                "band_id",
                f"from {unknown.valid_from_date} there is no band {LINE_BAND}, above which a product is in use",
            )
        if scored and scored[-1].maximum_score not in (None, HIGHEST_POINTS):
            yield scored[-1].fault(
                "maximum_score",
                f"scores from {scored[-1].maximum_score} to {HIGHEST_POINTS} have no band; the best one ends at "
                f"{HIGHEST_POINTS}",
            )


def stage_faults(stages: Sequence[Stage]) -> Iterable[RegistryFault]:
    """A stage for every age from 0 days on."""
    for group in grouped(stages, "valid_from_date"):
        yield from beginning_faults(group, "minimum_age_days", "the first stage begins at 0 days")


def curve_faults(knots: Sequence[Knot], directions: Mapping[str, str]) -> Iterable[RegistryFault]:
    """Knots in the order of their values, with points that go the way the measure says."""
    for curve in grouped(knots, "measure_id", "valid_from_date"):
        first = curve[0]
        if len(curve) == 1:
            yield first.fault("knot_value", "a curve has two knots or more")
        for lower, upper in pairwise(curve):
            if upper.knot_value <= lower.knot_value:
                yield upper.fault(
                    "knot_value",
                    f"{upper.knot_value} comes after {lower.knot_value} in row {lower.row_number}; put knots in the "
                    f"order of their values",
                )
        steps = [upper.points - lower.points for lower, upper in pairwise(curve)]
        rises, falls = any(step > 0 for step in steps), any(step < 0 for step in steps)
        direction = directions.get(first.measure_id)
        if steps and direction and (rises, falls) != (direction != "down", direction != "up"):
            yield first.fault(
                "points",
                f"the points of {first.measure_id} do not go {direction}, as seeds/health_measures.csv says",
            )


def weight_faults(weights: Sequence[Weight], segments: set[str], stages: set[str]) -> Iterable[RegistryFault]:
    """Scores that would weigh nothing on a day, for a segment and stage."""
    places = sorted(product(segments | {ALL}, stages))
    for group in grouped(weights, "score_id"):
        dated = sorted(group, key=lambda row: row.valid_from_date)
        for day in sorted({row.valid_from_date for row in group}):
            in_force = {(row.measure_id, row.segment, row.stage): row for row in dated if row.valid_from_date <= day}
            newest = max(in_force.values(), key=lambda row: (row.valid_from_date, row.row_number))
            for segment, stage in places:
                if not any(_weights_at(in_force, segment, stage)):
                    who = "accounts without a listed segment" if segment == ALL else f"segment {segment}"
                    yield newest.fault(
                        "weight",
                        f"from {day} every weight of score '{newest.score_id}' is zero for {who}, stage {stage}",
                    )
                    break


def _weights_at(in_force: Mapping[tuple[str, str, str], Weight], segment: str, stage: str) -> list[Decimal]:
    """The weight of each measure, by the row that names the place most closely."""
    places = [(segment, stage), (segment, ALL), (ALL, stage), (ALL, ALL)]
    return [
        next((in_force[measure_id, *place].weight for place in places if (measure_id, *place) in in_force), Decimal(0))
        for measure_id in {measure_id for measure_id, _, _ in in_force}
    ]
