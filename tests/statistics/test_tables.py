"""The tables of the statistics on a few rows whose figures are worked by hand."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from dagster_project.statistics.conversion import conversion_by_speed
from dagster_project.statistics.funnel import funnel_of_steps
from dagster_project.statistics.intervals import rounded
from dagster_project.statistics.ladder_retention import ladder_retention
from dagster_project.statistics.time_to_value import quarter_of, time_to_value

BENCHMARKS = [{"benchmark_id": "onboarding_24h_conversion_ratio", "value": Decimal("1.8")}]


def trials(speed: str, segment: str, *, converted: int = 0, lost: int = 0, waiting: int = 0) -> list[dict[str, Any]]:
    told = {"onboarding_speed": speed, "segment": segment}
    return [
        *({**told, "is_converted": True, "is_open": False} for _ in range(converted)),
        *({**told, "is_converted": False, "is_open": False} for _ in range(lost)),
        *({**told, "is_converted": False, "is_open": True} for _ in range(waiting)),
    ]


def test_conversion_leaves_open_trials_out_and_compares_with_all_who_were_not_as_quick() -> None:
    """12 of 15 against 8 of 20: twice as often, beside the article's 1.8."""
    rows = conversion_by_speed(
        [
            *trials("within_24_hours", "smb", converted=12, lost=3, waiting=4),
            *trials("later", "smb", converted=5, lost=5),
            *trials("never", "enterprise", converted=3, lost=7, waiting=1),
        ],
        BENCHMARKS,
    )
    told = {(row["onboarding_speed"], row["segment"]): row for row in rows}
    counts = {
        speed: tuple(told[speed, None][name] for name in ("trial_count", "converted_count", "open_count"))
        for speed in ("within_24_hours", "later", "never", "not_within_24_hours")
    }
    assert counts == {
        "within_24_hours": (15, 12, 4),
        "later": (10, 5, 0),
        "never": (10, 3, 1),
        "not_within_24_hours": (20, 8, 1),
    }
    quick = told["within_24_hours", None]
    assert quick["conversion_rate"] == Decimal("0.8")
    assert quick["ratio_to_not_within_24h"] == 2
    assert quick["ratio_low"] < 2 < quick["ratio_high"]
    assert quick["benchmark_ratio"] == Decimal("1.8")
    assert told["within_24_hours", "smb"]["ratio_to_not_within_24h"] == Decimal("1.6")
    assert told["within_24_hours", "enterprise"]["conversion_rate"] is None
    assert told["within_24_hours", "enterprise"]["ratio_to_not_within_24h"] is None
    assert all(row["benchmark_ratio"] is None for key, row in told.items() if key[0] != "within_24_hours")
    assert len(rows) == len(told) == 12


def test_without_trials_there_is_no_conversion() -> None:
    assert conversion_by_speed([], BENCHMARKS) == []


def step(
    number: int, days: int | None, *, segment: str = "smb", stuck: bool = False, seen: bool = True
) -> dict[str, Any]:
    return {
        "segment": segment,
        "step_id": f"step_{number}",
        "step_number": number,
        "is_observed_from_start": seen,
        "is_reached": days is not None,
        "is_stuck": stuck,
        "days_from_start": days if seen else None,
        "observed_days": 100,
    }


def test_funnel_counts_the_accounts_seen_from_their_start() -> None:
    rows = funnel_of_steps(
        [
            *(step(1, days) for days in (0, 1, 2, 3, 4, 5)),
            step(1, 9, segment="enterprise"),
            step(1, 9, segment="enterprise", seen=False),
            *(step(2, days) for days in (10, 20, 30, 40)),
            step(2, None, stuck=True),
            step(2, None),
            step(2, None, segment="enterprise", stuck=True),
        ]
    )
    told = {(row["step_id"], row["segment"]): row for row in rows}
    assert [row["step_id"] for row in rows[:2]] == ["step_1", "step_2"]
    assert told["step_1", None] | {"median_days": 3} == told["step_1", None]
    assert told["step_2", None] == {
        "step_id": "step_2",
        "segment": None,
        "step_number": 2,
        "account_count": 7,
        "reached_count": 4,
        "reached_rate": Decimal("0.571429"),
        "median_days": 40,
        "stuck_count": 2,
        "stuck_rate": Decimal("0.285714"),
    }
    assert told["step_1", "enterprise"]["account_count"] == 1
    assert told["step_1", "enterprise"]["median_days"] is None


def account(days: int | None, **told: Any) -> dict[str, Any]:
    return {
        "segment": "smb",
        "first_contract_date": date(2026, 2, 3),
        "is_observed_from_start": True,
        "is_first_success_reached": days is not None,
        "days_to_first_success": days,
        "observed_days": 95,
        "left_date": None,
    } | told


def test_time_to_value_counts_the_unfinished_for_as_long_as_they_were_seen() -> None:
    """Ten accounts: three by day 30, one lost on day 40, two of the six that are left on day 50 (0.7 × 4/6)."""
    rows = time_to_value(
        [
            *(account(days) for days in (10, 20, 30, 50, 50)),
            account(None, observed_days=40, left_date=date(2026, 3, 15)),
            *(account(None) for _ in range(4)),
            account(None, is_observed_from_start=False),
            account(None, is_first_success_reached=None),
        ]
    )
    [over_all] = [row for row in rows if row["segment"] is None and row["cohort_quarter_date"] is None]
    assert [over_all[name] for name in ("account_count", "reached_count", "censored_count", "left_count")] == [
        10,
        5,
        5,
        1,
    ]
    assert over_all["share_by_day_30"] == Decimal("0.3")
    assert over_all["share_by_day_60"] is None, "four are left from day 51 on, and one was lost before"
    assert over_all["median_days"] == 50
    assert len(rows) == 4, "all, the segment, the quarter, and both"


def test_share_is_told_where_five_are_left() -> None:
    rows = time_to_value([*(account(days) for days in (10, 20, 30, 50, 50)), account(None, observed_days=40),
                          *(account(None) for _ in range(5))])  # fmt: skip
    assert rows[0]["share_by_day_60"] == rounded(1 - 8 / 11 * 5 / 7)
    assert rows[0]["share_by_day_90"] == rows[0]["share_by_day_60"]


def test_cohorts_are_calendar_quarters() -> None:
    days = (date(2026, 1, 1), date(2026, 3, 31), date(2026, 4, 1), date(2026, 12, 31))
    assert [quarter_of(day) for day in days] == [
        date(2026, 1, 1),
        date(2026, 1, 1),
        date(2026, 4, 1),
        date(2026, 10, 1),
    ]
    assert time_to_value([]) == []


def cell(rung: int, weeks: int, reached: tuple[int, int], other: tuple[int, int]) -> dict[str, Any]:
    return {
        "rung": rung,
        "deadline_weeks": weeks,
        "is_target": False,
        "reached_count": reached[1],
        "reached_renewed_count": reached[0],
        "other_count": other[1],
        "other_renewed_count": other[0],
        "open_count": 0,
    }


def test_magic_number_is_the_cell_whose_lift_is_surest() -> None:
    """Nine of ten against three of ten has the larger lift, but 45 of 50 against 20 of 50 is known better."""
    cells = [
        cell(1, 2, (9, 10), (3, 10)),
        cell(2, 2, (45, 50), (20, 50)),
        cell(3, 2, (9, 9), (1, 90)),
        cell(4, 2, (0, 0), (5, 10)),
        cell(5, 2, (10, 10), (0, 10)),
    ]
    rows = ladder_retention(cells)
    assert [row["lift"] for row in rows] == [3, Decimal("2.25"), 90, None, None]
    assert [row["is_magic_number"] for row in rows] == [False, True, False, False, False]
    assert rows[0]["reached_renewed_rate"] == Decimal("0.9")
    assert rows[3]["reached_renewed_rate"] is None
    assert rows[2]["lift_low"] > rows[1]["lift_low"], "nine accounts are too few, however sure they seem"


def test_no_number_is_magic_while_chance_would_do() -> None:
    assert not any(row["is_magic_number"] for row in ladder_retention([cell(1, 2, (60, 100), (55, 100))]))
    assert not any(row["is_magic_number"] for row in ladder_retention([cell(1, 2, (20, 100), (80, 100))]))


@pytest.mark.parametrize("turned", [False, True])
def test_of_equal_cells_the_earlier_deadline_then_the_lower_rung_is_magic(turned: bool) -> None:
    cells = [cell(rung, weeks, (45, 50), (20, 50)) for rung in (3, 2) for weeks in (8, 4)]
    magic = [row for row in ladder_retention(cells[::-1] if turned else cells) if row["is_magic_number"]]
    assert [(row["rung"], row["deadline_weeks"]) for row in magic] == [(2, 4)]
