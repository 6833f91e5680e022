"""Which tables of which sources are held or late, and since when: what makes measures stale."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from dagster_project.facts import keep_fact
from dagster_project.loading import LoadedTable
from dagster_project.settings import Settings
from dagster_project.warehouse.interface import Warehouse

HELD, LATE, DELIVERING = "held", "late", "delivering"


def note_states(settings: Settings, warehouse: Warehouse, loaded: Sequence[LoadedTable], as_of_date: date) -> None:
    """Keep which tables are held, late or delivering again, as far as that has changed.

    In a pinned world a state counts from the last moment of the newest day, else from now.
    """
    since = datetime.now(UTC).replace(tzinfo=None)
    if settings.is_pinned:
        since = _end_of(settings, as_of_date) - timedelta(seconds=1)
    late = late_sources(settings, warehouse, as_of_date)
    before = {(row["source_name"], row["entity"]): row for row in states(warehouse)}
    changed = []
    for table in loaded:
        state, message = (
            (HELD, table.fault)
            if table.fault
            else (LATE, late[table.source_name])
            if table.source_name in late
            else (DELIVERING, None)
        )
        former = before.get((table.source_name, table.entity), {"state": DELIVERING, "message": None})
        if (state, message) != (former["state"], former["message"]):
            changed.append(
                {
                    "source_name": table.source_name,
                    "entity": table.entity,
                    "state": state,
                    "message": message,
                    "since_at": since,
                }
            )
    keep_fact(settings, warehouse, "source_states", changed)


def not_delivering(warehouse: Warehouse) -> list[dict[str, Any]]:
    """The tables that are held or late now."""
    return [row for row in states(warehouse) if row["state"] != DELIVERING]


def states(warehouse: Warehouse) -> list[dict[str, Any]]:
    """The state of each table that has one, with its message and since when."""
    return warehouse.rows(
        "select source_name, entity, state, message, since_at from (select s.*, row_number() over "
        "(partition by source_name, entity order by since_at desc, fact_id desc) as place "
        "from raw.source_states as s) as ranked where place = 1 order by source_name, entity"
    )


def late_sources(settings: Settings, warehouse: Warehouse, as_of_date: date) -> dict[str, str]:
    """Sources that have told nothing for longer than `late_after_hours`, with what is known of them."""
    newest = {
        row["source_name"]: row["newest"]
        for row in warehouse.rows(
            "select source_name, max(newest_known_at) as newest from raw.batches group by source_name"
        )
    }
    end = _end_of(settings, as_of_date)
    found = {}
    for name, source in settings.sources.items():
        told = newest.get(name)
        if source.late_after_hours and told and end - told > timedelta(hours=source.late_after_hours):
            found[name] = (
                f"{name} has told nothing since {told:%Y-%m-%d %H:%M} UTC, "
                f"longer than the {source.late_after_hours:g} hours of sources.{name}.late_after_hours"
            )
    return found


def _end_of(settings: Settings, day: date) -> datetime:
    """The first moment after a business day, as a UTC timestamp."""
    end = datetime.combine(day + timedelta(days=1), time(), settings.calendar.timezone)
    return end.astimezone(UTC).replace(tzinfo=None)
