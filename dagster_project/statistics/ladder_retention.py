"""Which rung, by which deadline, goes with staying for more than a year: the search for the magic number."""

from collections.abc import Mapping, Sequence
from typing import Any

from dagster_project.statistics.intervals import ratio_of_shares, share

MINIMUM_ACCOUNTS = 10

Row = Mapping[str, Any]


def ladder_retention(cells: Sequence[Row]) -> list[dict[str, Any]]:
    """The cells, one per rung and deadline, with both rates, their ratio (the lift) and the magic number.

    `cells` has `rung`, `deadline_weeks`, `is_target`, `reached_count`, `reached_renewed_count`, `other_count`,
    `other_renewed_count` and `open_count`. The magic number is the cell with the highest lower bound of the lift, among
    those with ten accounts on both sides; where no bound is above 1, there is none.
    """
    told = [_with_lift(cell) for cell in cells]
    best = min((cell for cell in told if _is_candidate(cell)), key=_place, default=None)
    return [{**cell, "is_magic_number": cell is best} for cell in told]


def _with_lift(cell: Row) -> dict[str, Any]:
    sides = [cell[name] for name in ("reached_renewed_count", "reached_count", "other_renewed_count", "other_count")]
    lift = ratio_of_shares(*sides)
    return {
        **cell,
        "reached_renewed_rate": share(*sides[:2]).value,
        "other_renewed_rate": share(*sides[2:]).value,
        "lift": lift.value,
        "lift_low": lift.low,
        "lift_high": lift.high,
    }


def _is_candidate(cell: Row) -> bool:
    fewest = min(cell["reached_count"], cell["other_count"])
    return fewest >= MINIMUM_ACCOUNTS and cell["lift_low"] is not None and cell["lift_low"] > 1


def _place(cell: Row) -> tuple[Any, ...]:
    """The highest bound first; of equal ones the earlier deadline, then the lower rung."""
    return -cell["lift_low"], cell["deadline_weeks"], cell["rung"]
