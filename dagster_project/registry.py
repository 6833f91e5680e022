"""The registry, judged before anything is computed: measures, curves, weights, scores, bands, stages, goals, phases,
signals, the ladder, targets of success, tiers of maturity and the fit check.

The seeds say from which day a row holds; it holds until the next row of its key. So two rows can only overlap by
naming the same day. What cannot be computed with is refused here, by file, row and column.
"""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from dagster_project.contract import input_contract
from dagster_project.settings import DBT_PROJECT_DIR, SettingsError

ALL = "*"
HIGHEST_POINTS = 4
NAMED_FAULTS = 10
AXES = ("depth", "breadth", "height")
# The band above which a product is in use; signals, phases and the renewal review look for it by its name.
LINE_BAND = "below_line"
PHASES = ("unknown", "sceptical", "convinced", "skilled", "self_running")
# What each phase reads of its row in support_phases; the rest stays blank.
PHASE_RULES = {"skilled": ("above_band", "minimum_ladder_rung"), "self_running": ("minimum_days",)}
# Numbers of a signal's row by the word that stands for them in its sentences; those of the day have no column.
EVIDENCE_NUMBERS = {
    "value": None,
    "second_value": None,
    "threshold": "threshold_value",
    "second_threshold": "second_threshold_value",
    "third_threshold": "third_threshold_value",
    "window": "window_days",
}
PERCENT = "_percent"
EVIDENCE_WORDS = {"date", *EVIDENCE_NUMBERS, *(f"{word}{PERCENT}" for word in EVIDENCE_NUMBERS)}

Words = Annotated[tuple[str, ...], BeforeValidator(str.split)]
Points = Annotated[Decimal, Field(ge=0, le=HIGHEST_POINTS)]
Optional = Annotated[Decimal | None, BeforeValidator(lambda told: told or None)]
OptionalPoints = Annotated[Points | None, BeforeValidator(lambda told: told or None)]
OptionalCount = Annotated[int | None, BeforeValidator(lambda told: told or None)]


@dataclass(frozen=True)
class RegistryFault:
    """A place in a seed that cannot be computed with; the first row under the header is row 2, as editors count."""

    seed_name: str
    row_number: int
    column: str
    message: str

    def __str__(self) -> str:
        return f"seeds/{self.seed_name}.csv, row {self.row_number}, {self.column}: {self.message}"


class _Row(BaseModel):
    row_number: int
    valid_from_date: date


class _Score(_Row):
    score_id: str = Field(min_length=1)
    minimum_coverage_rate: Decimal = Field(ge=0, le=1)
    band_hold_days: int = Field(ge=1, le=14)


class _Band(_Row):
    band_id: str = Field(min_length=1)
    band_rank: int = Field(ge=0)
    maximum_score: Optional


class _Stage(_Row):
    stage_id: str = Field(min_length=1)
    minimum_age_days: int = Field(ge=0)


class _Measure(_Row):
    measure_id: str = Field(min_length=1)
    axis: Literal["people", "depth", "rhythm", "engagement", "support", "voice", "value"]
    maturity_axis: Literal["depth", "breadth", ""]
    maturity_part: str
    name_english: str = Field(min_length=1)
    name_japanese: str = Field(min_length=1)
    meaning_english: str = Field(min_length=1)
    meaning_japanese: str = Field(min_length=1)
    unit: str = Field(min_length=1)
    direction: Literal["up", "down", "middle"]
    window_days: int = Field(ge=0)
    minimum_age_days: int = Field(ge=0)
    segments: Words = Field(min_length=1)
    stages: Words = Field(min_length=1)
    required_inputs: Words = Field(min_length=1)


class _Knot(_Row):
    measure_id: str = Field(min_length=1)
    knot_value: Decimal
    points: Points


class _Weight(_Row):
    score_id: str = Field(min_length=1)
    measure_id: str = Field(min_length=1)
    segment: str = Field(min_length=1)
    stage: str = Field(min_length=1)
    weight: Decimal = Field(ge=0)


class _Goal(_Row):
    goal_id: str = Field(min_length=1)
    feature_ids: Words = Field(min_length=1)


class _Rung(_Row):
    rung: int = Field(ge=1)


class _Step(_Row):
    step_number: int = Field(ge=1)
    step_id: str = Field(min_length=1)
    required_input: str = Field(min_length=1)
    stuck_after_days: int = Field(ge=1)


class _Target(_Row):
    segment: str = Field(min_length=1)
    default_success_rung: int = Field(ge=1)
    deadline_months: int = Field(ge=1)
    ladder_target_rung: int = Field(ge=1)


class _Part(_Row):
    axis_id: Literal["depth", "breadth", "height"]
    part_id: str = Field(min_length=1)


class _Tier(_Row):
    tier: int = Field(ge=1)
    name_english: str = Field(min_length=1)
    name_japanese: str = Field(min_length=1)
    minimum_depth_score: Points
    minimum_breadth_score: Points
    minimum_height_score: Points
    asks_english: str = Field(min_length=1)
    asks_japanese: str = Field(min_length=1)


class _Criterion(_Row):
    question_id: str = Field(min_length=1)
    weight: Decimal = Field(gt=0)
    knockout_points: Annotated[
        Annotated[int, Field(ge=0, le=HIGHEST_POINTS)] | None, BeforeValidator(lambda told: told or None)
    ]


class _Fit(_Row):
    fit_id: Literal["good", "partial", "poor", "unknown"]
    minimum_score: OptionalPoints


class _Signal(_Row):
    signal_id: str = Field(min_length=1)
    segment: str = Field(min_length=1)
    signal_kind: Literal["risk", "chance", "state", "request"]
    theme: Literal["usage", "onboarding", "value", "people", "voice", "renewal", "groups"]
    name_english: str = Field(min_length=1)
    name_japanese: str = Field(min_length=1)
    meaning_english: str = Field(min_length=1)
    meaning_japanese: str = Field(min_length=1)
    threshold_value: Optional
    second_threshold_value: Optional
    third_threshold_value: Optional
    window_days: OptionalCount = Field(ge=1)
    minimum_age_days: OptionalCount = Field(ge=0)
    required_inputs: Words
    evidence_english: str = Field(min_length=1)
    evidence_japanese: str = Field(min_length=1)


class _Phase(_Row):
    phase_id: Literal["unknown", "sceptical", "convinced", "skilled", "self_running"]
    phase_order: int = Field(ge=0)
    above_band: str
    minimum_ladder_rung: OptionalCount = Field(ge=1)
    minimum_days: OptionalCount = Field(ge=1)
    name_english: str = Field(min_length=1)
    name_japanese: str = Field(min_length=1)
    asks_english: str = Field(min_length=1)
    asks_japanese: str = Field(min_length=1)


# Each seed with what its rows are, and the columns that name a row on a day.
_SEEDS: dict[str, tuple[type[_Row], tuple[str, ...]]] = {
    "health_scores": (_Score, ("score_id",)),
    "health_bands": (_Band, ("band_id",)),
    "account_stages": (_Stage, ("stage_id",)),
    "health_measures": (_Measure, ("measure_id",)),
    "health_curves": (_Knot, ("measure_id", "knot_value")),
    "health_weights": (_Weight, ("score_id", "measure_id", "segment", "stage")),
    "goal_types": (_Goal, ("goal_id",)),
    "ladder_rungs": (_Rung, ("rung",)),
    "onboarding_steps": (_Step, ("step_id",)),
    "maturity_parts": (_Part, ("axis_id", "part_id")),
    "maturity_tiers": (_Tier, ("tier",)),
    "fit_criteria": (_Criterion, ("question_id",)),
    "fit_levels": (_Fit, ("fit_id",)),
    "success_targets": (_Target, ("segment",)),
    "signals": (_Signal, ("signal_id", "segment")),
    "support_phases": (_Phase, ("phase_id",)),
}

# What names a version of each seed: the rows of one key and day hold together.
REGISTRY_SEEDS: dict[str, tuple[str, ...]] = {
    "health_scores": ("score_id",),
    "health_bands": (),
    "account_stages": (),
    "health_measures": ("measure_id",),
    "health_curves": ("measure_id",),
    "health_weights": ("score_id", "measure_id", "segment", "stage"),
    "goal_types": ("goal_id",),
    "ladder_rungs": (),
    "onboarding_steps": (),
    "maturity_parts": ("axis_id", "part_id"),
    "maturity_tiers": (),
    "fit_criteria": ("question_id",),
    "fit_levels": (),
    "signals": ("signal_id", "segment"),
    "support_phases": (),
}


def refuse_registry_faults(seeds: Mapping[str, str]) -> None:
    """Raise where the registry of scores cannot be computed with. `seeds` gives the text of every seed by name.

    Raises:
        SettingsError: naming the places, and what is wrong there.
    """
    faults = registry_faults(seeds)
    if faults:
        listed = "\n".join(f"  {fault}" for fault in faults[:NAMED_FAULTS])
        more = f"\n  … and {len(faults) - NAMED_FAULTS} more" if len(faults) > NAMED_FAULTS else ""
        raise SettingsError(f"Scores cannot be computed with these seeds, so nothing was done:\n{listed}{more}")


def registry_faults(seeds: Mapping[str, str]) -> list[RegistryFault]:
    """Every fault of the registry, in the order of its seeds; rules across rows are judged once each row reads well."""
    rows: dict[str, list[Any]] = {}
    faults: list[RegistryFault] = []
    for name, (kind, key) in _SEEDS.items():
        rows[name], found = _read(name, seeds[name], kind)
        faults += found or _repeated(name, rows[name], key)
    if faults:
        return faults
    segments = {row["segment"] for row in csv.DictReader(io.StringIO(seeds["account_segments"]))}
    known: dict[str, set[str]] = {
        "measure": {row.measure_id for row in rows["health_measures"]},
        "score": {row.score_id for row in rows["health_scores"]},
        "stage": {row.stage_id for row in rows["account_stages"]} | {ALL},
        "segment": segments | {ALL},
        "signal": set(signal_rules()),
        "input column": {
            f"{entity.name}.{column}" for entity in input_contract().values() for column in entity.column_names
        },
        "part of maturity": {""}
        | {f"{row.axis_id} {row.part_id}" for row in rows["maturity_parts"] if row.part_id != row.axis_id},
    }
    return [
        *_unknown(rows, known),
        *_bands(rows["health_bands"]),
        *_stages(rows["account_stages"]),
        *_unnumbered(rows, "ladder_rungs", "rung"),
        *_unnumbered(rows, "onboarding_steps", "step_number"),
        *_unnumbered(rows, "maturity_tiers", "tier"),
        *_axes(rows["maturity_parts"]),
        *_tiers(rows["maturity_tiers"]),
        *_fits(rows["fit_levels"]),
        *_targets(rows["success_targets"], rows["ladder_rungs"]),
        *_curves(rows["health_curves"], {row.measure_id: row.direction for row in rows["health_measures"]}),
        *_weightless(rows["health_weights"], segments | {ALL}, known["stage"] - {ALL}),
        *_signals(rows["signals"]),
        *_sentences(rows["signals"]),
        *_phases(rows["support_phases"], rows["health_bands"]),
    ]


@dataclass(frozen=True)
class SignalRule:
    """A signal that a theme model finds: its theme, the numbers of its row that its select reads, and how many days its
    facts reach back; null where they reach as far as it asks."""

    theme: str
    numbers: tuple[str, ...]
    longest_window_days: int | None


@cache
def signal_rules() -> dict[str, SignalRule]:
    """Every signal that a theme model finds, as the models' YAML tells."""
    import yaml  # noqa: PLC0415 - read once

    path = DBT_PROJECT_DIR / "models" / "intermediate" / "signals" / "_int_signals__models.yml"
    return {
        signal_id: SignalRule(
            theme=model["name"].removeprefix("int_").removesuffix("_signals_found"),
            numbers=tuple(told["numbers"]),
            longest_window_days=told.get("longest_window_days"),
        )
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
        for column in model["columns"]
        for signal_id, told in column.get("config", {}).get("meta", {}).get("signals", {}).items()
    }


def _read(name: str, text: str, kind: type[_Row]) -> tuple[list[Any], list[RegistryFault]]:
    rows, faults = [], []
    reader = csv.DictReader(io.StringIO(text), strict=True)
    for told in reader:
        try:
            rows.append(
                kind(row_number=reader.line_num, **{column: (value or "").strip() for column, value in told.items()})
            )
        except ValidationError as error:
            faults += [
                RegistryFault(
                    name,
                    reader.line_num,
                    str(fault["loc"][0]),
                    f"{fault['msg']}, not '{told.get(str(fault['loc'][0]), '')}'",
                )
                for fault in error.errors()
            ]
    return rows, faults


def _repeated(name: str, rows: Sequence[Any], key: Sequence[str]) -> Iterable[RegistryFault]:
    seen: dict[tuple[Any, ...], int] = {}
    for row in rows:
        told = (*(getattr(row, column) for column in key), row.valid_from_date)
        if told in seen:
            words = " ".join(str(part) for part in told[:-1])
            yield RegistryFault(
                name,
                row.row_number,
                "valid_from_date",
                f"row {seen[told]} holds for {words} from {row.valid_from_date} too; leave one of them, or give the "
                f"later one its own day",
            )
        seen[told] = row.row_number


def _unknown(rows: Mapping[str, Sequence[Any]], known: Mapping[str, set[str]]) -> Iterable[RegistryFault]:
    """Names that no other list knows."""
    places: list[tuple[str, str, str, Callable[[Any], Iterable[str]]]] = [
        ("health_measures", "segments", "segment", lambda row: row.segments),
        ("health_measures", "stages", "stage", lambda row: row.stages),
        ("health_measures", "required_inputs", "input column", lambda row: row.required_inputs),
        ("health_curves", "measure_id", "measure", lambda row: [row.measure_id]),
        ("health_weights", "measure_id", "measure", lambda row: [row.measure_id]),
        ("health_weights", "score_id", "score", lambda row: [row.score_id]),
        ("health_weights", "segment", "segment", lambda row: [row.segment]),
        ("health_weights", "stage", "stage", lambda row: [row.stage]),
        ("onboarding_steps", "required_input", "input column", lambda row: [row.required_input]),
        (
            *("health_measures", "maturity_part", "part of maturity"),
            lambda row: [f"{row.maturity_axis} {row.maturity_part}".strip()],
        ),
        ("success_targets", "segment", "segment", lambda row: [row.segment]),
        ("signals", "signal_id", "signal", lambda row: [row.signal_id]),
        ("signals", "segment", "segment", lambda row: [row.segment]),
        ("signals", "required_inputs", "input column", lambda row: row.required_inputs),
    ]
    homes = {
        "measure": "seeds/health_measures.csv",
        "score": "seeds/health_scores.csv",
        "stage": "seeds/account_stages.csv",
        "segment": "seeds/account_segments.csv",
        "signal": "models/intermediate/signals/_int_signals__models.yml",
        "input column": "docs/input_layer.md",
        "part of maturity": "seeds/maturity_parts.csv",
    }
    for seed_name, column, kind, names_of in places:
        for row in rows[seed_name]:
            for name in names_of(row):
                if name not in known[kind]:
                    yield RegistryFault(
                        seed_name,
                        row.row_number,
                        column,
                        f"there is no {kind} '{name}'; {homes[kind]} has those there are",
                    )


def _bands(rows: Sequence[_Band]) -> Iterable[RegistryFault]:
    """From 0 to 4 without a gap: each band begins where the one below it ends."""
    for group in _by(rows, "valid_from_date"):
        ordered = sorted(group, key=lambda band: band.band_rank)
        unknown, scored = ordered[0], ordered[1:]
        if unknown.band_rank != 0 or unknown.maximum_score is not None:
            yield RegistryFault(
                "health_bands",
                unknown.row_number,
                "band_rank",
                "the first band has rank 0 and no maximum: it is for unknown",
            )
            continue
        for lower, upper in pairwise(ordered):
            if upper.band_rank != lower.band_rank + 1:
                yield RegistryFault(
                    "health_bands",
                    upper.row_number,
                    "band_rank",
                    f"there is a gap between ranks {lower.band_rank} and {upper.band_rank}; number bands one by one",
                )
        maxima = [(band, band.maximum_score) for band in scored]
        for (_, lower_maximum), (band, maximum) in pairwise([(unknown, Decimal(0)), *maxima]):
            if maximum is None or (lower_maximum is not None and maximum <= lower_maximum):
                yield RegistryFault(
                    "health_bands",
                    band.row_number,
                    "maximum_score",
                    f"must lie above {lower_maximum}, where the band below it ends, and is {maximum}",
                )
        if LINE_BAND not in {band.band_id for band in group}:
            yield RegistryFault(
                "health_bands",
                unknown.row_number,
                "band_id",
                f"from {unknown.valid_from_date} there is no band {LINE_BAND}, above which a product is in use",
            )
        if scored and scored[-1].maximum_score not in (None, HIGHEST_POINTS):
            yield RegistryFault(
                "health_bands",
                scored[-1].row_number,
                "maximum_score",
                f"scores from {scored[-1].maximum_score} to {HIGHEST_POINTS} have no band; the best one ends at "
                f"{HIGHEST_POINTS}",
            )


def _stages(rows: Sequence[_Stage]) -> Iterable[RegistryFault]:
    for group in _by(rows, "valid_from_date"):
        ages = sorted(group, key=lambda stage: stage.minimum_age_days)
        if ages[0].minimum_age_days != 0:
            yield RegistryFault(
                "account_stages", ages[0].row_number, "minimum_age_days", "the first stage begins at 0 days"
            )
        for earlier, later in pairwise(ages):
            if earlier.minimum_age_days == later.minimum_age_days:
                yield RegistryFault(
                    "account_stages", later.row_number, "minimum_age_days", f"row {earlier.row_number} begins there too"
                )


def _unnumbered(rows: Mapping[str, Sequence[Any]], seed_name: str, column: str) -> Iterable[RegistryFault]:
    """Rungs, steps and tiers that are not numbered 1, 2, 3 …: one is climbed after the other."""
    for group in _by(rows[seed_name], "valid_from_date"):
        for number, row in enumerate(sorted(group, key=lambda row: int(getattr(row, column))), start=1):
            if getattr(row, column) != number:
                yield RegistryFault(
                    seed_name,
                    row.row_number,
                    column,
                    f"is {getattr(row, column)} where {number} is due; number them one by one",
                )
                break


def _axes(rows: Sequence[_Part]) -> Iterable[RegistryFault]:
    """Axes without a name of their own."""
    for axis in AXES:
        parts = {part.part_id: part.row_number for part in rows if part.axis_id == axis}
        if axis not in parts:
            yield RegistryFault(
                *("maturity_parts", min(parts.values(), default=1), "axis_id"),
                f"no row names the axis {axis} as a whole; give it one with that part_id",
            )


def _tiers(rows: Sequence[_Tier]) -> Iterable[RegistryFault]:
    """A tier for every score: the first asks nothing, and each asks as much on every axis as the one below, or more."""
    axes = [f"minimum_{axis}_score" for axis in AXES]
    for group in _by(rows, "valid_from_date"):
        ordered = sorted(group, key=lambda tier: tier.tier)
        for axis in axes:
            if getattr(ordered[0], axis):
                yield RegistryFault(
                    "maturity_tiers",
                    ordered[0].row_number,
                    axis,
                    f"scores below {getattr(ordered[0], axis)} have no tier; the first tier asks 0",
                )
        for lower, upper in pairwise(ordered):
            steps = {axis: getattr(upper, axis) - getattr(lower, axis) for axis in axes}
            for axis, step in steps.items():
                if step < 0:
                    yield RegistryFault(
                        "maturity_tiers",
                        upper.row_number,
                        axis,
                        f"is less than the {getattr(lower, axis)} of the tier below it, in row {lower.row_number}",
                    )
            if not any(steps.values()):
                yield RegistryFault(
                    "maturity_tiers",
                    upper.row_number,
                    "tier",
                    f"asks what row {lower.row_number} asks, so that nobody would be in that one",
                )


def _fits(rows: Sequence[_Fit]) -> Iterable[RegistryFault]:
    """A level of fit for every score from 0 on, and one for those without a score."""
    for group in _by(rows, "valid_from_date"):
        without = [level for level in group if level.minimum_score is None]
        if [level.fit_id for level in without] != ["unknown"]:
            yield RegistryFault(
                "fit_levels",
                group[0].row_number,
                "minimum_score",
                "unknown has no minimum, and every other level has one",
            )
        scored = sorted(
            (level for level in group if level.minimum_score is not None), key=lambda level: level.minimum_score
        )
        if not scored or scored[0].minimum_score != 0:
            place = scored[0].row_number if scored else group[0].row_number
            yield RegistryFault("fit_levels", place, "minimum_score", "the lowest level begins at 0")
        for lower, upper in pairwise(scored):
            if lower.minimum_score == upper.minimum_score:
                yield RegistryFault(
                    "fit_levels", upper.row_number, "minimum_score", f"row {lower.row_number} begins there too"
                )


def _targets(targets: Sequence[_Target], rungs: Sequence[_Rung]) -> Iterable[RegistryFault]:
    """Segments that no target is for, and targets above the top of the ladder."""
    dated = sorted(targets, key=lambda row: row.valid_from_date)
    if not dated or not any(row.segment == ALL for row in dated if row.valid_from_date == dated[0].valid_from_date):
        first_row = dated[0].row_number if dated else 2
        yield RegistryFault(
            "success_targets", first_row, "segment", f"from the first day on {ALL} needs a row of its own"
        )
    for day in sorted({row.valid_from_date for row in [*targets, *rungs]}):
        in_force = {row.segment: row for row in dated if row.valid_from_date <= day}
        ladder = max((row.valid_from_date for row in rungs if row.valid_from_date <= day), default=day)
        top = max((row.rung for row in rungs if row.valid_from_date == ladder), default=0)
        for row in in_force.values():
            for column in ("default_success_rung", "ladder_target_rung"):
                rung = getattr(row, column)
                if rung > top:
                    told = f"is {rung}, and the ladder in force on {day} ends at {top}"
                    yield RegistryFault("success_targets", row.row_number, column, told)


def _curves(rows: Sequence[_Knot], directions: Mapping[str, str]) -> Iterable[RegistryFault]:
    """Knots in the order of their values, with points that go the way the measure says."""
    for curve in _by(rows, "measure_id", "valid_from_date"):
        first = curve[0]
        if len(curve) == 1:
            yield RegistryFault("health_curves", first.row_number, "knot_value", "a curve has two knots or more")
        for lower, upper in pairwise(curve):
            if upper.knot_value <= lower.knot_value:
                yield RegistryFault(
                    "health_curves",
                    upper.row_number,
                    "knot_value",
                    f"{upper.knot_value} comes after {lower.knot_value} in row {lower.row_number}; put knots in the "
                    f"order of their values",
                )
        steps = [upper.points - lower.points for lower, upper in pairwise(curve)]
        rises, falls = any(step > 0 for step in steps), any(step < 0 for step in steps)
        direction = directions.get(first.measure_id)
        if steps and direction and (rises, falls) != (direction != "down", direction != "up"):
            yield RegistryFault(
                "health_curves",
                first.row_number,
                "points",
                f"the points of {first.measure_id} do not go {direction}, as seeds/health_measures.csv says",
            )


def _weightless(rows: Sequence[_Weight], segments: set[str], stages: set[str]) -> Iterable[RegistryFault]:
    """Scores that would weigh nothing on a day, for a segment and stage."""
    for group in _by(rows, "score_id"):
        for day in sorted({row.valid_from_date for row in group}):
            in_force: dict[tuple[str, str, str], _Weight] = {}
            for row in sorted(group, key=lambda row: row.valid_from_date):
                if row.valid_from_date <= day:
                    in_force[row.measure_id, row.segment, row.stage] = row
            measures = {measure_id for measure_id, _, _ in in_force}
            newest = max((row for row in in_force.values()), key=lambda row: (row.valid_from_date, row.row_number))
            for segment, stage in sorted((segment, stage) for segment in segments for stage in stages):
                profile = [(segment, stage), (segment, ALL), (ALL, stage), (ALL, ALL)]
                weights = [
                    next(
                        (in_force[measure, *place].weight for place in profile if (measure, *place) in in_force),
                        Decimal(0),
                    )
                    for measure in measures
                ]
                if not any(weights):
                    who = "accounts without a listed segment" if segment == ALL else f"segment {segment}"
                    yield RegistryFault(
                        "health_weights",
                        newest.row_number,
                        "weight",
                        f"from {day} every weight of score '{newest.score_id}' is zero for {who}, stage {stage}",
                    )
                    break


def _signals(rows: Sequence[_Signal]) -> Iterable[RegistryFault]:
    """Rules without the numbers that they hold against, and signals without a rule for all segments."""
    rules, kinds = signal_rules(), dict[str, str]()
    for row in rows:
        if row.signal_id not in rules:
            continue
        rule = rules[row.signal_id]
        for column in rule.numbers:
            if getattr(row, column) is None:
                yield RegistryFault(
                    "signals", row.row_number, column, f"is blank, and {row.signal_id} holds against it"
                )
        if row.theme != rule.theme:
            yield RegistryFault(
                "signals", row.row_number, "theme", f"is {row.theme}; {row.signal_id} is about {rule.theme}"
            )
        if kinds.setdefault(row.signal_id, row.signal_kind) != row.signal_kind:
            yield RegistryFault(
                "signals", row.row_number, "signal_kind", f"is another than in the row of {row.signal_id} before"
            )
        if rule.longest_window_days and (row.window_days or 0) > rule.longest_window_days:
            yield RegistryFault(
                "signals",
                row.row_number,
                "window_days",
                f"is {row.window_days}; what {row.signal_id} looks at is read {rule.longest_window_days} days back",
            )
        if row.signal_id == "renewal_window" and not _is_window(row.threshold_value, row.second_threshold_value):
            yield RegistryFault(
                "signals",
                row.row_number,
                "second_threshold_value",
                "the window opens threshold_value and closes second_threshold_value months before the end: whole "
                "numbers, the first one larger",
            )
    told = {row.signal_id for row in rows if row.segment == ALL}
    for signal_id in sorted(rules.keys() - told):
        yield RegistryFault(
            "signals",
            max((row.row_number for row in rows), default=1),
            "segment",
            f"no row holds for {signal_id} in all segments ({ALL})",
        )


def _is_window(opens: Decimal | None, closes: Decimal | None) -> bool:
    if opens is None or closes is None:
        return True  # told as blank
    return opens > closes >= 0 and opens % 1 == closes % 1 == 0


def _sentences(rows: Sequence[_Signal]) -> Iterable[RegistryFault]:
    """Words in braces that nothing takes the place of, and shares that are no shares."""
    for row in rows:
        for column in ("evidence_english", "evidence_japanese"):
            sentence: str = getattr(row, column)
            words = re.findall(r"\{([^{}]*)\}", sentence)
            for word in words:
                if word not in EVIDENCE_WORDS:
                    yield RegistryFault(
                        "signals",
                        row.row_number,
                        column,
                        f"nothing takes the place of {{{word}}}; there are {', '.join(sorted(EVIDENCE_WORDS))}",
                    )
                number = EVIDENCE_NUMBERS.get(word.removesuffix(PERCENT)) if word.endswith(PERCENT) else None
                if number and not 0 <= (getattr(row, number) or 0) <= 1:
                    yield RegistryFault(
                        "signals", row.row_number, number, f"is shown in percent, so it lies between 0 and 1 ({column})"
                    )
            if sentence.count("{") != len(words) or sentence.count("}") != len(words):
                yield RegistryFault("signals", row.row_number, column, "a brace is left open")


def _phases(rows: Sequence[_Phase], bands: Sequence[_Band]) -> Iterable[RegistryFault]:
    """Versions that leave a phase out or number phases otherwise, and phases without what they are judged by."""
    band_ids = {band.band_id for band in bands}
    for group in _by(rows, "valid_from_date"):
        ordered = sorted(group, key=lambda phase: phase.phase_order)
        if tuple(phase.phase_id for phase in ordered) != PHASES:
            yield RegistryFault(
                "support_phases",
                ordered[0].row_number,
                "phase_order",
                f"from {ordered[0].valid_from_date} the phases are not {', '.join(PHASES)}, in this order",
            )
        for phase in group:
            for column in ("above_band", "minimum_ladder_rung", "minimum_days"):
                is_read = column in PHASE_RULES.get(phase.phase_id, ())
                if bool(getattr(phase, column)) != is_read:
                    yield RegistryFault(
                        "support_phases",
                        phase.row_number,
                        column,
                        f"is blank, and {phase.phase_id} is judged by it"
                        if is_read
                        else f"is told, and {phase.phase_id} is not judged by it",
                    )
            if phase.above_band and phase.above_band not in band_ids:
                yield RegistryFault(
                    "support_phases",
                    phase.row_number,
                    "above_band",
                    f"there is no band '{phase.above_band}'; seeds/health_bands.csv has those there are",
                )


def _by(rows: Sequence[Any], *columns: str) -> list[list[Any]]:
    groups = defaultdict(list)
    for row in rows:
        groups[tuple(getattr(row, column) for column in columns)].append(row)
    return list(groups.values())
