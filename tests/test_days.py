"""Days: which ones a run covers, and how late rows and bands widen them."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from dagster_project.days import (
    PARTITION_TAG,
    checked_range,
    daily_partitions,
    days_of_run,
    missing_days,
    newest_day,
    plan_build,
    range_tags,
)
from dagster_project.settings import CalendarSettings, Settings, SettingsError
from dagster_project.warehouse.duckdb import DuckDBWarehouse
from dagster_project.warehouse.interface import Build

START = date(2026, 1, 1)
PINNED = date(2026, 6, 30)


def day(number: int) -> date:
    """The n-th day of history; the first is 1."""
    return START + timedelta(days=number - 1)


def world(folder: Path, **calendar: Any) -> Settings:
    """Settings over an empty warehouse."""
    told = {"history_start_date": START, "as_of_date": PINNED} | calendar
    settings = Settings(
        home=folder,
        config_path=folder / "bansou.toml",
        environment={},
        calendar=CalendarSettings.model_validate(told),
        sources={},
    )
    DuckDBWarehouse(settings.build_path).prepare([])
    return settings


def built(settings: Settings, to_date: date, as_of_date: date, last_load_number: int = 0) -> None:
    DuckDBWarehouse(settings.build_path).record_build(Build("before", START, to_date, as_of_date, last_load_number))


def loaded(settings: Settings, load_number: int, earliest: date, *, rows_loaded: int = 1) -> None:
    with duckdb.connect(settings.build_path) as connection:
        connection.execute(
            "insert into raw.batches (load_number, earliest_change_date, rows_loaded) values (?, ?, ?)",
            [load_number, earliest, rows_loaded],
        )


def test_newest_day_is_the_pinned_one_when_world_is_pinned(tmp_path: Path) -> None:
    assert newest_day(world(tmp_path)) == PINNED


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_newest_day_is_yesterday_of_the_business_zone_when_world_is_live(tmp_path: Path, zone: str) -> None:
    settings = world(tmp_path, as_of_date=None, business_timezone=zone)
    before = datetime.now(UTC)
    found = newest_day(settings)
    after = datetime.now(UTC)
    assert found in {(moment.astimezone(ZoneInfo(zone)) - timedelta(days=1)).date() for moment in (before, after)}


def test_partitions_end_with_the_pinned_day_when_world_is_pinned(tmp_path: Path) -> None:
    keys = daily_partitions(world(tmp_path, as_of_date=day(4))).get_partition_keys()
    assert list(keys) == ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"]


def test_missing_days_are_the_whole_history_when_nothing_is_built(tmp_path: Path) -> None:
    assert missing_days(world(tmp_path)) == (START, PINNED)


def test_missing_days_follow_the_last_build_when_one_is_there(tmp_path: Path) -> None:
    settings = world(tmp_path)
    built(settings, to_date=day(5), as_of_date=day(10))
    assert missing_days(settings) == (day(11), PINNED)


def test_missing_days_are_the_newest_alone_when_all_are_built(tmp_path: Path) -> None:
    settings = world(tmp_path)
    built(settings, to_date=PINNED, as_of_date=PINNED)
    assert missing_days(settings) == (PINNED, PINNED)


def test_days_of_run_come_from_its_tags_when_it_has_some(tmp_path: Path) -> None:
    settings = world(tmp_path)
    assert days_of_run(settings, range_tags(day(3), day(7))) == (day(3), day(7))
    assert days_of_run(settings, {PARTITION_TAG: "2026-01-09"}) == (day(9), day(9))
    assert days_of_run(settings, {}) == (START, PINNED)


@pytest.mark.parametrize(("first", "last"), [(START, PINNED), (day(5), day(5))], ids=["all", "one_day"])
def test_checked_range_gives_it_back_when_it_can_be_built(tmp_path: Path, first: date, last: date) -> None:
    assert checked_range(world(tmp_path), first, last) == (first, last)


@pytest.mark.parametrize(
    ("first", "last"),
    [(day(6), day(5)), (START - timedelta(days=1), day(5)), (day(5), PINNED + timedelta(days=1))],
    ids=["turned_round", "too_early", "too_late"],
)
def test_checked_range_refuses_when_days_cannot_be_built(tmp_path: Path, first: date, last: date) -> None:
    with pytest.raises(SettingsError) as caught:
        checked_range(world(tmp_path), first, last)
    assert str(caught.value) == (
        f"The range {first} to {last} cannot be built: FROM must not be after TO, and both must lie between "
        "2026-01-01 (calendar.history_start_date) and 2026-06-30 (the newest day)."
    )


def test_plan_build_takes_the_days_asked_when_nothing_is_built(tmp_path: Path) -> None:
    settings = world(tmp_path)
    loaded(settings, 1, START - timedelta(days=500))
    assert plan_build(settings, "b", day(5), day(20)) == Build("b", day(5), day(20), day(20), 1)


def test_plan_build_reaches_back_when_late_rows_came(tmp_path: Path) -> None:
    settings = world(tmp_path)
    built(settings, to_date=day(40), as_of_date=day(40), last_load_number=1)
    loaded(settings, 1, day(3))  # the build has seen it
    loaded(settings, 2, day(30))
    loaded(settings, 3, day(10), rows_loaded=0)  # brought nothing new
    assert plan_build(settings, "b", day(41), day(41)) == Build("b", day(29), day(41), day(41), 3)


def test_plan_build_stops_at_the_start_of_history_when_late_rows_are_older(tmp_path: Path) -> None:
    settings = world(tmp_path)
    built(settings, to_date=day(40), as_of_date=day(40))
    loaded(settings, 1, START - timedelta(days=90))
    assert plan_build(settings, "b", day(41), day(41)).from_date == START


def test_plan_build_keeps_its_first_day_when_new_rows_are_of_later_days(tmp_path: Path) -> None:
    settings = world(tmp_path)
    built(settings, to_date=day(40), as_of_date=day(40))
    loaded(settings, 1, day(60))
    assert plan_build(settings, "b", day(41), day(70)).from_date == day(41)


@pytest.mark.parametrize("last", [day(20), day(80), day(100)])
def test_plan_build_goes_on_to_the_newest_day_when_backfilling(tmp_path: Path, last: date) -> None:
    """What later days hold rests on earlier ones: bands, and since when a state has lasted."""
    settings = world(tmp_path)
    built(settings, to_date=day(100), as_of_date=day(100))
    assert plan_build(settings, "b", day(10), last) == Build("b", day(10), day(100), day(100), 0)


def test_plan_build_moves_the_newest_day_on_when_later_days_are_asked(tmp_path: Path) -> None:
    settings = world(tmp_path)
    built(settings, to_date=day(40), as_of_date=day(40))
    assert plan_build(settings, "b", day(41), day(45)) == Build("b", day(41), day(45), day(45), 0)
