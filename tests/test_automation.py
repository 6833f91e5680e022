"""What runs by itself: the schedule catches up after downtime in one run, and a run is told of once it has ended."""

from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest

from dagster_project import days
from dagster_project.assets.extract import prepare_warehouse
from dagster_project.automation import SCHEDULE_NAME, build_automation
from dagster_project.days import RANGE_END_TAG, RANGE_START_TAG
from dagster_project.settings import CalendarSettings, Settings
from dagster_project.warehouse.interface import Build


class Clock(datetime):
    """A clock that stands where a test puts it."""

    moment = datetime(2026, 7, 10, 4, 0)

    @classmethod
    def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
        return cls.moment.replace(tzinfo=UTC).astimezone(tz)  # type: ignore[arg-type]


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A world that is not pinned, built up to 6 July."""
    monkeypatch.setattr(days, "datetime", Clock)
    settings = Settings(
        home=tmp_path / "home",
        config_path=tmp_path / "bansou.toml",
        environment={},
        calendar=CalendarSettings(history_start_date=date(2026, 7, 1), business_timezone="Asia/Tokyo"),
        sources={},
    )
    warehouse = prepare_warehouse(settings)
    warehouse.record_build(Build("b", date(2026, 7, 1), date(2026, 7, 6), date(2026, 7, 6), 0))
    return settings


def tick(settings: Settings, moment: datetime) -> tuple[str, str, str | None]:
    """The days and the key of the one run that the schedule asks for."""
    Clock.moment = moment
    schedule = build_automation(settings).get_schedule_def(SCHEDULE_NAME)
    context = dg.build_schedule_context(scheduled_execution_time=moment.replace(tzinfo=UTC))
    told = schedule.evaluate_tick(context)
    [request] = told.run_requests or []
    return request.tags[RANGE_START_TAG], request.tags[RANGE_END_TAG], request.run_key


def test_schedule_asks_for_every_missed_day_in_one_run_when_the_machine_was_down(live: Settings) -> None:
    # Four in the morning of 11 July in Tokyo: 7 to 10 July have ended and are not built.
    assert tick(live, datetime(2026, 7, 10, 19, 0)) == ("2026-07-07", "2026-07-10", "2026-07-10")


def test_schedule_asks_for_the_day_that_has_ended_when_none_was_missed(live: Settings) -> None:
    assert tick(live, datetime(2026, 7, 7, 19, 0))[:2] == ("2026-07-07", "2026-07-07")


def test_schedule_refreshes_the_newest_day_when_it_is_built_already(live: Settings) -> None:
    assert tick(live, datetime(2026, 7, 6, 19, 0))[:2] == ("2026-07-06", "2026-07-06")


def test_schedule_runs_at_four_in_the_business_time_zone(live: Settings) -> None:
    schedule = build_automation(live).get_schedule_def(SCHEDULE_NAME)
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 4 * * *", "Asia/Tokyo")


def test_both_ends_of_a_run_are_watched(live: Settings) -> None:
    sensors = {sensor.name: sensor for sensor in build_automation(live).sensors or []}
    assert sensors.keys() == {"after_failure", "after_success"}
    assert {sensor.default_status for sensor in sensors.values()} == {dg.DefaultSensorStatus.RUNNING}
