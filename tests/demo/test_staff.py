"""Our own people: two dozen in every world, some of whom come and go."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

from dagster_project.contract import input_contract
from dagster_project.demo.accounts import LONGEST_HISTORY_DAYS
from dagster_project.demo.block import World
from dagster_project.demo.staff import draw_staff, staff_rows, working
from dagster_project.demo.window import midnight, utc_text

WORLD = World(240, 540, date(2026, 6, 30), 7)


def test_the_people_do_not_depend_on_the_number_of_accounts() -> None:
    assert draw_staff(WORLD) == draw_staff(WORLD) == draw_staff(replace(WORLD, account_count=20))
    assert draw_staff(WORLD) != draw_staff(replace(WORLD, seed=8))
    assert len({owner.owner_id for owner in draw_staff(WORLD)}) == len(draw_staff(WORLD)) == 24


def test_some_leave_and_some_join_within_the_window_and_sales_stay() -> None:
    owners, window = draw_staff(WORLD), WORLD.window
    left = [owner for owner in owners if owner.left_date is not None]
    joined = [owner for owner in owners if owner.hired_date >= window.first_day]

    assert len(left) == 4
    assert len(joined) == 5
    assert all(owner.left_date and window.first_day < owner.left_date <= WORLD.until for owner in left)
    assert [owner.is_active for owner in owners] == [owner.left_date is None for owner in owners]
    assert all(owner.role != "sales" for owner in left + joined)


def test_every_role_of_every_team_is_filled_from_the_first_sign_up_on() -> None:
    owners, window = draw_staff(WORLD), WORLD.window
    day = window.first_day - timedelta(days=LONGEST_HISTORY_DAYS)
    while day <= window.last_day:
        for team_id, role in {(owner.team_id, owner.role) for owner in owners}:
            assert working(owners, role, day, team_id)
        day += timedelta(days=7)


def test_rows_meet_the_contract_and_tell_each_state_once() -> None:
    rows = staff_rows(WORLD)
    for entity in ("owners", "teams"):
        told = input_contract()[entity]
        assert all(list(row) == [*told.column_names, "updated_at"] for row in rows[entity])
    teams = {row["team_id"]: row["team_kind"] for row in rows["teams"]}
    assert set(teams.values()) == {"enterprise", "smb", "specialist", "support", "sales"}
    assert {row["team_id"] for row in rows["owners"]} <= set(teams)
    assert max(Counter((row["owner_id"], row["updated_at"]) for row in rows["owners"]).values()) == 1
    assert all(str(row["email"]).endswith(".example") for row in rows["owners"])


def test_who_left_is_told_as_inactive_last() -> None:
    last = {row["owner_id"]: row for row in staff_rows(WORLD)["owners"]}
    for owner in draw_staff(WORLD):
        row = last[owner.owner_id]
        assert row["is_active"] is owner.is_active
        assert (row["weekly_capacity_hours"] is None) is not owner.is_active
        if owner.left_date is not None:
            assert str(row["updated_at"]) > str(utc_text(midnight(owner.left_date)))
