"""Which days a run covers; the one place that turns Dagster's partitions and the clock into business dates."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import dagster as dg

from dagster_project.code_version import models_version
from dagster_project.demo.today import demo_today
from dagster_project.settings import Settings, SettingsError
from dagster_project.warehouse import open_warehouse
from dagster_project.warehouse.interface import Build

# A band holds for some days after the day that set it.
BAND_REACH_DAYS = 31
RANGE_START_TAG = "dagster/asset_partition_range_start"
RANGE_END_TAG = "dagster/asset_partition_range_end"
PARTITION_TAG = "dagster/partition"


def daily_partitions(settings: Settings) -> dg.DailyPartitionsDefinition:
    """Business days from the start of history; a pinned world ends with its day."""
    calendar = settings.calendar
    end = (newest_day(settings) + timedelta(days=1)).isoformat() if settings.is_pinned else None
    return dg.DailyPartitionsDefinition(
        start_date=calendar.history_start_date.isoformat(), end_date=end, timezone=calendar.business_timezone
    )


def newest_day(settings: Settings) -> date:
    """The newest business day that is over: the one on which the configuration pins the world, the demo world's
    today, or yesterday."""
    calendar = settings.calendar
    if calendar.as_of_date:
        return calendar.as_of_date
    if settings.demo:
        return demo_today(settings.demo_dir) or settings.demo.until
    return datetime.now(calendar.timezone).date() - timedelta(days=1)


def missing_days(settings: Settings) -> tuple[date, date]:
    """From the day after the last one built to the newest; the newest alone where all are there."""
    last = newest_day(settings)
    build = open_warehouse(settings).last_build()
    first = build.as_of_date + timedelta(days=1) if build else settings.calendar.history_start_date
    return min(first, last), last


def checked_range(settings: Settings, first: date, last: date) -> tuple[date, date]:
    """The days asked for, where they can be built.

    Raises:
        SettingsError: the range is empty or leaves the days that the configuration covers.
    """
    start, newest = settings.calendar.history_start_date, newest_day(settings)
    if not start <= first <= last <= newest:
        raise SettingsError(
            f"The range {first} to {last} cannot be built: FROM must not be after TO, and both must lie between "
            f"{start} (calendar.history_start_date) and {newest} (the newest day)."
        )
    return first, last


def range_tags(first: date, last: date) -> dict[str, str]:
    """Tags that tell a run its days, both included."""
    return {RANGE_START_TAG: first.isoformat(), RANGE_END_TAG: last.isoformat()}


def days_of_run(settings: Settings, tags: Mapping[str, str]) -> tuple[date, date]:
    """The days that a run's tags ask for; the missing ones where they ask for none."""
    if RANGE_START_TAG in tags:
        return date.fromisoformat(tags[RANGE_START_TAG]), date.fromisoformat(tags[RANGE_END_TAG])
    if PARTITION_TAG in tags:
        day = date.fromisoformat(tags[PARTITION_TAG])
        return day, day
    return missing_days(settings)


def plan_build(settings: Settings, build_id: str, first: date, last: date) -> Build:
    """The days to build for the days asked: further back where late rows speak of earlier days, and up to the newest
    day, because bands and episodes of later days go on from earlier ones. `as_of_date` never moves back.
    """
    warehouse = open_warehouse(settings)
    newest = warehouse.last_build()
    changed = warehouse.earliest_change_since(newest) if newest else None
    if changed is not None:
        # A UTC date may be the day after or before in the business time zone.
        first = min(first, max(changed - timedelta(days=1), settings.calendar.history_start_date))
    as_of_date = max(last, newest.as_of_date) if newest else last
    return Build(
        build_id=build_id,
        from_date=first,
        to_date=as_of_date,
        as_of_date=as_of_date,
        last_load_number=warehouse.last_load_number(),
        models_version=models_version(),
    )
