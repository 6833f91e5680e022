"""A support desk put straight into raw, and the project's own SQL over it: no source, no run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.contract import input_contract
from dagster_project.warehouse import open_warehouse
from dagster_project.warehouse.raw_tables import PROVENANCE_COLUMNS
from tests.conftest import World

CONFIG = """
[calendar]
history_start_date = 2026-01-01
as_of_date = 2026-12-31

[support]
default_schedule_id = "office"

[sources.desk]
type = "files"
folder = "${BANSOU_HOME}/in"

[sources.desk.tables]
tickets = { files = "tickets.csv" }
ticket_messages = { files = "messages.csv" }
ticket_status_changes = { files = "changes.csv" }
working_schedules = { files = "schedules.csv" }
holidays = { files = "holidays.csv" }
"""
AS_OF = date(2026, 12, 31)
Rows = list[dict[str, Any]]


@dataclass
class Desk:
    """Rows of the input contract, each with the time at which it was known as `known_at`."""

    rows: dict[str, Rows] = field(default_factory=dict)

    def add(self, entity: str, known_at: datetime, **columns: Any) -> None:
        """One row of an entity."""
        self.rows.setdefault(entity, []).append({"known_at": known_at, **columns})

    def hours(self, schedule: str, zone: str, days: Sequence[int], *spans: tuple[int, int], since: datetime) -> None:
        """The same working intervals, in minutes of the day, on several days of the week."""
        for day in days:
            for start, end in spans:
                told = {"iso_day_of_week": day, "start_minute": start, "end_minute": end}
                self.add("working_schedules", since, schedule_id=schedule, time_zone=zone, **told)

    def ticket(
        self,
        ticket_id: str,
        schedule: str | None,
        created_at: datetime,
        replied_at: datetime | None = None,
        changes: Sequence[tuple[str, datetime]] = (),
    ) -> None:
        """A ticket with the customer's opening word, one reply of an agent, and changes of status."""
        self.add("tickets", created_at, ticket_id=ticket_id, schedule_id=schedule, created_at=created_at)
        written = [("customer", created_at), *([("agent", replied_at)] if replied_at else [])]
        for number, (kind, moment) in enumerate(written):
            told = {"message_id": f"{ticket_id}-{number}", "ticket_id": ticket_id, "author_kind": kind}
            self.add("ticket_messages", moment, **told, is_public=True, sent_at=moment)
        for number, (status, moment) in enumerate([("new", created_at), *changes]):
            told = {"status_change_id": f"{ticket_id}-{number}", "ticket_id": ticket_id, "new_status": status}
            self.add("ticket_status_changes", moment, **told, changed_at=moment)


def built(desk: Desk, folder: Path) -> World:
    """The desk's tickets as `fct_support_tickets` of a world, its tests passed."""
    config = folder / "bansou.toml"
    config.write_text(CONFIG, encoding="utf-8")
    world = World(folder / "home", config)
    from dagster_project.settings import load_settings  # noqa: PLC0415

    settings = load_settings(world.environment)
    open_warehouse(settings).prepare(["files"])
    with duckdb.connect(settings.build_path) as connection:
        for entity, rows in desk.rows.items():
            _insert(connection, entity, rows)
    chosen = ("--select", "+fct_support_tickets", "+kpi_support_monthly", "+kpi_support_backlog_daily")
    left_out = ("--exclude-resource-type", "unit_test", "--indirect-selection", "cautious")
    world.dbt("build", *chosen, *left_out, first=AS_OF, last=AS_OF)
    return world


def _insert(connection: duckdb.DuckDBPyConnection, entity: str, rows: Rows) -> None:
    columns = [*input_contract()[entity].column_names, *PROVENANCE_COLUMNS]
    given = [
        {
            **row,
            "_record_key": f"desk:{entity}:{number}",
            "_source_name": "desk",
            "_load_number": 1,
            "_is_reconstructed": False,
            "_known_at": row["known_at"],
        }
        for number, row in enumerate(rows)
    ]
    marks = ", ".join("?" for _ in columns)
    connection.executemany(
        f"insert into raw.files_{entity} ({', '.join(columns)}) values ({marks})",
        [[row.get(column) for column in columns] for row in given],
    )


def tickets(world: World) -> Mapping[str, dict[str, Any]]:
    """Rows of `fct_support_tickets` by ticket."""
    with duckdb.connect(world.home / "build" / "warehouse.duckdb", read_only=True) as connection:
        found = connection.execute("select * from marts.fct_support_tickets")
        names = [column[0] for column in found.description or ()]
        return {row[names.index("ticket_id")]: dict(zip(names, row, strict=True)) for row in found.fetchall()}


def minutes_after(moment: datetime, minutes: float) -> datetime:
    """A moment so many minutes later."""
    return moment + timedelta(minutes=minutes)
