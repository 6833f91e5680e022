"""How far customers come on the way of onboarding, how long each step takes, and where they are stuck."""

from collections.abc import Mapping, Sequence
from typing import Any

from dagster_project.statistics.intervals import share
from dagster_project.statistics.survival import Spell, Survival

Row = Mapping[str, Any]


def funnel_of_steps(steps: Sequence[Row]) -> list[dict[str, Any]]:
    """One row per step and segment, null over all, of the accounts that were seen from their start.

    `steps` has a row per account and step: `segment`, `step_id`, `step_number`, `is_observed_from_start`, `is_reached`,
    `is_stuck`, `days_from_start` (null until reached) and `observed_days`.
    """
    seen = [row for row in steps if row["is_observed_from_start"]]
    segments = [None, *sorted({row["segment"] for row in seen})]
    numbers = {row["step_id"]: row["step_number"] for row in seen}
    return [
        _of_step(step_id, numbers[step_id], segment, rows)
        for segment in segments
        for step_id in sorted(numbers, key=lambda step: numbers[step])
        if (rows := [row for row in seen if row["step_id"] == step_id and segment in (None, row["segment"])])
    ]


def _of_step(step_id: str, number: int, segment: str | None, rows: Sequence[Row]) -> dict[str, Any]:
    reached, stuck = sum(row["is_reached"] for row in rows), sum(row["is_stuck"] for row in rows)
    spells = [
        Spell(row["days_from_start"] if row["is_reached"] else row["observed_days"], row["is_reached"]) for row in rows
    ]
    return {
        "step_id": step_id,
        "segment": segment,
        "step_number": number,
        "account_count": len(rows),
        "reached_count": reached,
        "reached_rate": share(reached, len(rows)).value,
        "median_days": Survival(spells).median_days.value,
        "stuck_count": stuck,
        "stuck_rate": share(stuck, len(rows)).value,
    }
