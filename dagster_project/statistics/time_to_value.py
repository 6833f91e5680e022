"""How long customers take to their first success; those who have not come to it count for as long as they were seen."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from dagster_project.statistics.survival import Spell, Survival

SHARES_BY_DAY = (30, 60, 90)

Row = Mapping[str, Any]


def time_to_value(accounts: Sequence[Row]) -> list[dict[str, Any]]:
    """One row per segment and quarter of the first contract, null over all.

    `accounts` has a row per account: `segment`, `first_contract_date`, `is_observed_from_start`,
    `is_first_success_reached` (null where no source could tell), `days_to_first_success` (null until then),
    `observed_days` and `left_date` (null while it is a customer). Accounts that were not seen from their start, or
    whose success nobody could see, are left out.
    """
    followed = [
        row for row in accounts if row["is_observed_from_start"] and row["is_first_success_reached"] is not None
    ]
    if not followed:
        return []
    segments = [None, *sorted({row["segment"] for row in followed})]
    quarters = [None, *sorted({quarter_of(row["first_contract_date"]) for row in followed})]
    return [
        _of_cohort(segment, quarter, rows)
        for segment in segments
        for quarter in quarters
        if (
            rows := [
                row
                for row in followed
                if segment in (None, row["segment"]) and quarter in (None, quarter_of(row["first_contract_date"]))
            ]
        )
    ]


def quarter_of(day: date) -> date:
    """First day of the calendar quarter."""
    return day.replace(month=day.month - (day.month - 1) % 3, day=1)


def _of_cohort(segment: str | None, quarter: date | None, rows: Sequence[Row]) -> dict[str, Any]:
    reached = [row for row in rows if row["is_first_success_reached"]]
    waiting = [row for row in rows if not row["is_first_success_reached"]]
    survival = Survival(
        [Spell(row["days_to_first_success"], has_happened=True) for row in reached]
        + [Spell(row["observed_days"], has_happened=False) for row in waiting]
    )
    median = survival.median_days
    told: dict[str, Any] = {
        "segment": segment,
        "cohort_quarter_date": quarter,
        "account_count": len(rows),
        "reached_count": len(reached),
        "censored_count": len(waiting),
        "left_count": sum(row["left_date"] is not None for row in waiting),
        "median_days": median.value,
        "median_days_low": median.low,
        "median_days_high": median.high,
    }
    for day in SHARES_BY_DAY:
        share = survival.share_by(day)
        told |= {
            f"share_by_day_{day}": share.value,
            f"share_by_day_{day}_low": share.low,
            f"share_by_day_{day}_high": share.high,
        }
    return told
