"""Success: goals, the ladder, steps of onboarding and targets; parts and tiers of maturity; the fit check."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Literal, get_args

from pydantic import Field

from dagster_project.registry.rows import (
    ALL,
    HIGHEST_POINTS,
    OptionalCount,
    OptionalPoints,
    Points,
    RegistryFault,
    Row,
    Text,
    Words,
    grouped,
)
from dagster_project.registry.sequences import beginning_faults

Axis = Literal["depth", "breadth", "height"]
AXES: tuple[Axis, ...] = get_args(Axis)


class Goal(Row):
    """A goal of customers, with the features that serve it."""

    seed_name = "goal_types"
    version_key = ("goal_id",)

    goal_id: Text
    feature_ids: Words = Field(min_length=1)


class Rung(Row):
    """A rung of the ladder."""

    seed_name = "ladder_rungs"
    part_key = ("rung",)

    rung: int = Field(ge=1)


class Step(Row):
    """A step of onboarding, with the input that shows it done and the days after which it is stuck."""

    seed_name = "onboarding_steps"
    part_key = ("step_id",)

    step_number: int = Field(ge=1)
    step_id: Text
    required_input: Text
    stuck_after_days: int = Field(ge=1)


class Part(Row):
    """A part of an axis of maturity; of the axis's own name where it stands for the whole."""

    seed_name = "maturity_parts"
    version_key = ("axis_id", "part_id")

    axis_id: Axis
    part_id: Text


class Tier(Row):
    """A tier of maturity, with what it asks on each axis."""

    seed_name = "maturity_tiers"
    part_key = ("tier",)

    tier: int = Field(ge=1)
    name_english: Text
    name_japanese: Text
    minimum_depth_score: Points
    minimum_breadth_score: Points
    minimum_height_score: Points
    asks_english: Text
    asks_japanese: Text


class Criterion(Row):
    """A question of the fit check, with its weight and the points that rule fit out."""

    seed_name = "fit_criteria"
    version_key = ("question_id",)

    question_id: Text
    weight: Decimal = Field(gt=0)
    knockout_points: OptionalCount = Field(ge=0, le=HIGHEST_POINTS)


class Fit(Row):
    """A level of fit, from a score on."""

    seed_name = "fit_levels"
    part_key = ("fit_id",)

    fit_id: Literal["good", "partial", "poor", "unknown"]
    minimum_score: OptionalPoints


class Target(Row):
    """What accounts of a segment are to reach, and by when."""

    seed_name = "success_targets"
    version_key = ("segment",)

    segment: Text
    default_success_rung: int = Field(ge=1)
    deadline_months: int = Field(ge=1)
    ladder_target_rung: int = Field(ge=1)


def axis_faults(parts: Sequence[Part]) -> Iterable[RegistryFault]:
    """Axes without a name of their own."""
    for axis in AXES:
        row_numbers = {part.part_id: part.row_number for part in parts if part.axis_id == axis}
        if axis not in row_numbers:
            yield RegistryFault(
                Part.seed_name,
                min(row_numbers.values(), default=1),
                "axis_id",
                f"no row names the axis {axis} as a whole; give it one with that part_id",
            )


def tier_faults(tiers: Sequence[Tier]) -> Iterable[RegistryFault]:
    """A tier for every score: the first asks nothing, and each asks as much on every axis as the one below, or more."""
    columns = [f"minimum_{axis}_score" for axis in AXES]
    for group in grouped(tiers, "valid_from_date"):
        ordered = sorted(group, key=lambda tier: tier.tier)
        for column in columns:
            if asked := getattr(ordered[0], column):
                yield ordered[0].fault(column, f"scores below {asked} have no tier; the first tier asks 0")
        for lower, upper in pairwise(ordered):
            steps = {column: getattr(upper, column) - getattr(lower, column) for column in columns}
            for column, step in steps.items():
                if step < 0:
                    yield upper.fault(
                        column,
                        f"is less than the {getattr(lower, column)} of the tier below it, in row {lower.row_number}",
                    )
            if not any(steps.values()):
                yield upper.fault("tier", f"asks what row {lower.row_number} asks, so that nobody would be in that one")


def fit_faults(levels: Sequence[Fit]) -> Iterable[RegistryFault]:
    """A level of fit for every score from 0 on, and one for those without a score."""
    for group in grouped(levels, "valid_from_date"):
        if [level.fit_id for level in group if level.minimum_score is None] != ["unknown"]:
            yield group[0].fault("minimum_score", "unknown has no minimum, and every other level has one")
        scored = [level for level in group if level.minimum_score is not None]
        yield from beginning_faults(scored or group[:1], "minimum_score", "the lowest level begins at 0")


def target_faults(targets: Sequence[Target], rungs: Sequence[Rung]) -> Iterable[RegistryFault]:
    """Segments that no target is for, and targets above the top of the ladder."""
    dated = sorted(targets, key=lambda row: row.valid_from_date)
    if not any(row.segment == ALL for row in dated if row.valid_from_date == dated[0].valid_from_date):
        first_row = dated[0].row_number if dated else 2
        yield RegistryFault(
            Target.seed_name, first_row, "segment", f"from the first day on {ALL} needs a row of its own"
        )
    for day in sorted({row.valid_from_date for row in [*targets, *rungs]}):
        in_force = {row.segment: row for row in dated if row.valid_from_date <= day}
        ladder = max((row.valid_from_date for row in rungs if row.valid_from_date <= day), default=day)
        top = max((row.rung for row in rungs if row.valid_from_date == ladder), default=0)
        for row in in_force.values():
            for column in ("default_success_rung", "ladder_target_rung"):
                rung = getattr(row, column)
                if rung > top:
                    yield row.fault(column, f"is {rung}, and the ladder in force on {day} ends at {top}")
