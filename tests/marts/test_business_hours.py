"""Minutes of work between two moments, by the wall clock of the desk: worked by hand, and counted minute by minute."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from tests.conftest import World
from tests.marts.desk import Desk, built, minutes_after, tickets
from tests.marts.generated_desk import Case, generated

WEEKDAYS, EVERY_DAY = range(1, 6), range(1, 8)
KNOWN = datetime(2026, 1, 1)
# Created, replied, solved (UTC); then business minutes to the reply and to the solution.
BY_HAND: dict[str, tuple[str | None, str, str, str, float, float]] = {
    # Friday 6 March 2026, 16:30 in New York, to Monday the 9th, 10:00; clocks went forward between them. Hours 9 to 17.
    "over the weekend of the spring": ("new_york", "2026-03-06 21:30", "2026-03-06 21:45", "2026-03-09 14:00", 15, 90),
    # Tokyo, 11:50 to 13:10 on a Tuesday, with a break from 12 to 13.
    "through the break": ("office", "2026-06-02 02:50", "2026-06-02 03:30", "2026-06-02 04:10", 10, 20),
    # A night desk, 22 to 6, in London: from Saturday 23:00 through the hour that comes twice, to Sunday 03:00.
    "through the longer night": ("night", "2026-10-24 22:00", "2026-10-25 00:30", "2026-10-25 03:00", 150, 300),
    # … and through the hour that is left out.
    "through the shorter night": ("night", "2026-03-28 23:00", "2026-03-29 00:30", "2026-03-29 02:00", 90, 180),
    # 11 February is a holiday in Tokyo: Tuesday 17:30 to Thursday 9:30.
    "over a holiday": ("office", "2026-02-10 08:30", "2026-02-11 03:00", "2026-02-12 00:30", 30, 60),
    # Three days without work.
    "over the year's end": ("office", "2026-12-30 09:30", "2026-12-30 23:00", "2026-12-31 00:10", 0, 10),
    # Day and night, through a change of the clocks.
    "at a desk that never rests": ("always", "2026-03-07 12:00", "2026-03-08 12:00", "2026-03-09 12:00", 1440, 2880),
    # No schedule of its own: the configured one.
    "without a schedule": (None, "2026-06-02 02:50", "2026-06-02 03:30", "2026-06-02 04:10", 10, 20),
}


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return []


@pytest.fixture(scope="module")
def world(cases: list[Case], tmp_path_factory: pytest.TempPathFactory) -> World:
    desk = Desk()
    desk.hours("office", "Asia/Tokyo", WEEKDAYS, (540, 720), (780, 1080), since=KNOWN)
    desk.hours("new_york", "America/New_York", WEEKDAYS, (540, 1020), since=KNOWN)
    desk.hours("night", "Europe/London", EVERY_DAY, (0, 360), (1320, 1440), since=KNOWN)
    desk.hours("always", "America/Havana", EVERY_DAY, (0, 1440), since=KNOWN)
    for day, last in (("2026-02-11", None), ("2025-12-29", "2026-01-03")):
        desk.add("holidays", KNOWN, schedule_id="office", holiday_date=day, last_holiday_date=last)
    for name, (schedule, created, replied, solved, _, _) in BY_HAND.items():
        at = [datetime.fromisoformat(moment) for moment in (created, replied, solved)]
        desk.ticket(name, schedule, at[0], at[1], [("solved", at[2])])
    noon = datetime(2026, 6, 1, 12)
    desk.ticket("at an unknown desk", "mars", noon, minutes_after(noon, 5), [("solved", minutes_after(noon, 9))])
    cases += generated(desk, seed=20260401, tickets_each=60)
    return built(desk, tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="module")
def found(world: World) -> Mapping[str, dict[str, Any]]:
    return tickets(world)


@pytest.mark.parametrize("name", BY_HAND)
def test_business_minutes_are_those_worked_by_hand(found: Mapping[str, dict[str, Any]], name: str) -> None:
    *_, to_reply, to_solution = BY_HAND[name]
    row = found[name]
    assert (row["first_reply_business_minutes"], row["full_resolution_business_minutes"]) == (to_reply, to_solution)


def test_business_minutes_are_null_when_nobody_told_the_hours(found: Mapping[str, dict[str, Any]]) -> None:
    row = found["at an unknown desk"]
    assert row["first_reply_calendar_minutes"] == Decimal("5.00")
    assert row["first_reply_business_minutes"] is None
    assert row["business_missing_reason"] == "unknown_schedule"


def test_business_minutes_equal_a_walk_over_every_minute(
    found: Mapping[str, dict[str, Any]], cases: list[Case]
) -> None:
    names = ("first_reply", "first_resolution", "full_resolution")
    unequal = []
    for case in cases:
        row = found[case.ticket_id]
        for name, end in zip(names, (case.replied_at, case.solved_at, case.solved_again_at), strict=True):
            expected = case.schedule.minutes(case.created_at, end)
            if row[f"{name}_business_minutes"] != expected:
                unequal.append((case.ticket_id, name, row[f"{name}_business_minutes"], expected))
            assert row[f"{name}_calendar_minutes"] == (end - case.created_at).total_seconds() / 60
    assert len(cases) == 9 * 60
    assert sum(case.schedule.minutes(case.created_at, case.solved_at) for case in cases) > 0
    assert unequal == []


def test_figures_of_a_month_say_how_many_tickets_they_leave_out(world: World) -> None:
    with duckdb.connect(world.home / "build" / "warehouse.duckdb", read_only=True) as connection:
        row = connection.execute(
            "select ticket_count, left_out_count, backlog_count from marts.kpi_support_monthly "
            "where slice_kind = 'total' and month_end_date = '2026-06-30'"
        ).fetchone()
    assert row == (3, 1, 0)
