"""Times of tickets as dbt compiles their models, against the usual way: a row per ticket and day, joined to its hours.

Each way runs in a process of its own on two threads, so that its memory is its own.
"""

import json
import resource
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from statistics import median

import duckdb
from rich.console import Console
from rich.table import Table

from benchmarks.usage_daily import compiled_models
from dagster_project.contract import input_contract
from dagster_project.settings import load_settings
from dagster_project.warehouse import open_warehouse
from dagster_project.warehouse.raw_tables import PROVENANCE_COLUMNS

FIRST_DAY, DAY_COUNT = date(2025, 1, 1), 540
MESSAGES_EACH = 5
ROUNDS = 3
KIBIBYTES_PER_MEBIBYTE = 1024
DESKS = {
    "tokyo": ("Asia/Tokyo", range(1, 6), ((540, 720), (780, 1080))),
    "london": ("Europe/London", range(1, 6), ((480, 1080),)),
    "new_york": ("America/New_York", range(1, 7), ((540, 1020),)),
    "always": ("UTC", range(1, 8), ((0, 1440),)),
}
BEFORE = ["int_ticket_states_changed", "int_ticket_spans_found", "int_ticket_replies_counted", "int_tickets_timed"]
RUNNING = ["int_schedule_days_listed", "int_schedule_hours_dated", "int_schedule_segments_counted"]
OURS = [*RUNNING, "int_ticket_minutes_counted"]
# Both ways begin at the same hours in UTC; the rival looks at each day of each ticket, one more at both ends.
UNFOLDED = """
create or replace table minutes as
with days as (
    select ticket_id, schedule_id, created_at, first_replied_at, first_resolved_at, resolved_at,
        unnest(generate_series(
            created_at::date - 1, coalesce(resolved_at, first_resolved_at, first_replied_at)::date + 1, interval 1 day
        ))::date as local_date
    from warehouse.intermediate.int_tickets_timed
    where coalesce(resolved_at, first_resolved_at, first_replied_at) is not null
)
select
    ticket_id,
    sum(greatest(0, epoch(least(end_at, first_replied_at)) - epoch(greatest(start_at, created_at)))) / 60
        as first_reply_business_minutes,
    sum(greatest(0, epoch(least(end_at, first_resolved_at)) - epoch(greatest(start_at, created_at)))) / 60
        as first_resolution_business_minutes,
    sum(greatest(0, epoch(least(end_at, resolved_at)) - epoch(greatest(start_at, created_at)))) / 60
        as full_resolution_business_minutes
from days
left join warehouse.intermediate.int_schedule_hours_dated using (schedule_id, local_date)
group by ticket_id
"""
SUMS = """
select
    sum(first_reply_business_minutes)::bigint,
    sum(first_resolution_business_minutes)::bigint,
    sum(full_resolution_business_minutes)::bigint
from {}
"""


class UnequalMinutesError(Exception):
    """The two ways give other minutes."""


def show(folder: Path, console: Console, ticket_count: int) -> None:
    """Time both ways in turn, and print a table."""
    path = prepared(folder / "business_hours", ticket_count)
    ways = {"bansou: running working time": "ours", "DuckDB: a row per ticket and day": "unfolded"}
    found: dict[str, list[dict[str, float]]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            found[name].append(_measured(way, path))
    if len({json.dumps(each["sums"]) for rounds in found.values() for each in rounds}) > 1:
        raise UnequalMinutesError(f"The ways disagree: {found}")
    before = median(each["before"] for rounds in found.values() for each in rounds)
    title = (
        f"Business minutes: {ticket_count:,} tickets with {ticket_count * MESSAGES_EACH:,} messages "
        f"(median of {ROUNDS} rounds, in turn; first replies and spans of both take {before:.2f} s more)"
    )
    table = Table("who", title=title, title_justify="left")
    for column in ("seconds", "÷ ours", "peak MiB", "whole, seconds"):
        table.add_column(column, justify="right")
    ours = median(each["seconds"] for each in next(iter(found.values())))
    for name, rounds in found.items():
        seconds = median(each["seconds"] for each in rounds)
        peak, whole = max(each["peak"] for each in rounds), median(each["seconds"] + each["before"] for each in rounds)
        table.add_row(name, f"{seconds:.2f}", f"{seconds / ours:.2f}", f"{peak:,.0f}", f"{whole:.2f}")
    console.print(table)


def prepared(home: Path, ticket_count: int) -> Path:
    """A build file with tickets, messages and hours, and the models' SQL beside it; the folder."""
    settings = load_settings({"BANSOU_HOME": str(home)})
    open_warehouse(settings).prepare(["files"])
    last = FIRST_DAY + timedelta(days=DAY_COUNT)
    compiled = compiled_models(settings, "fct_support_tickets", FIRST_DAY, last)
    (home / "models.json").write_text(json.dumps(compiled), encoding="utf-8")
    with duckdb.connect(settings.build_path) as connection:
        _fill(connection, ticket_count)
        for schema in ("input", "intermediate"):
            connection.execute(f"create schema if not exists {schema}")
        # What lies below is measured elsewhere: versions, and an identity layer in which nothing is to be matched.
        for entity in ("tickets", "ticket_messages", "ticket_status_changes", "people", "working_schedules", "holidays"):
            connection.execute(f"create view input.input_{entity} as {compiled[f'input_{entity}']}")
        for model in ("person", "working_schedule", "holiday"):
            connection.execute(f"create view intermediate.int_{model}_versions as {compiled[f'int_{model}_versions']}")
        connection.execute(
            "create table intermediate.int_ticket_versions as select *, known_date as valid_from_date, "
            "cast(null as date) as valid_to_date from input.input_tickets"
        )
        connection.execute(
            "create table intermediate.int_account_versions (account_id text, segment text, is_test boolean, "
            "is_internal boolean, valid_from_date date, valid_to_date date)"
        )
    return home


def _fill(connection: duckdb.DuckDBPyConnection, ticket_count: int) -> None:
    desks = "['tokyo', 'london', 'new_york', 'always']"
    created = f"timestamp '{FIRST_DAY}' + to_minutes((hash(t) % {(DAY_COUNT - 60) * 1440})::bigint)"
    replied = f"{created} + to_minutes(1 + (hash(t + 1) % 2880)::bigint)"
    # Most are solved within days, a tenth within weeks; one in twenty stays open.
    solved = f"{replied} + to_minutes((hash(t + 2) % case when t % 10 = 0 then 43200 else 8640 end)::bigint)"
    _insert(
        connection,
        "tickets",
        f"range({ticket_count}) as numbers(t)",
        ticket_id="'T' || t",
        schedule_id=f"{desks}[1 + (t % 4)::int]",
        created_at=created,
        resolved_at=f"case when t % 20 > 0 then {solved} end",
        _known_at=created,
    )
    _insert(
        connection,
        "ticket_messages",
        f"range({ticket_count}) as numbers(t), range({MESSAGES_EACH}) as places(m)",
        message_id="'M' || t || '-' || m",
        ticket_id="'T' || t",
        author_id="case when m % 2 = 0 then 'C' || t else 'A' || hash(t + m) % 40 end",
        author_kind="case when m % 2 = 0 then 'customer' else 'agent' end",
        answer_kind="case when m % 2 = 1 then ['free', 'template', 'article'][1 + (hash(t) % 3)::int] end",
        is_public="true",
        sent_at=f"case m when 0 then {created} else {replied} + to_minutes((m - 1) * 60) end",
        _known_at=created,
    )
    hours = [
        f"('{desk}', '{zone}', {day}, {start}, {end})"
        for desk, (zone, days, spans) in DESKS.items()
        for day in days
        for start, end in spans
    ]
    _insert(
        connection,
        "working_schedules",
        f"(values {', '.join(hours)}) as hours(desk, zone, day, first, last)",
        schedule_id="desk",
        time_zone="zone",
        iso_day_of_week="day",
        start_minute="first",
        end_minute="last",
        _known_at=f"timestamp '{FIRST_DAY}'",
    )
    _insert(
        connection,
        "holidays",
        f"range(0, {DAY_COUNT}, 20) as numbers(t)",
        schedule_id="'tokyo'",
        holiday_date=f"date '{FIRST_DAY}' + t::int",
        _known_at=f"timestamp '{FIRST_DAY}'",
    )


def _insert(connection: duckdb.DuckDBPyConnection, entity: str, rows: str, **made: str) -> None:
    columns = [*input_contract()[entity].column_names, *PROVENANCE_COLUMNS]
    made |= {"_source_name": "'bench'", "_load_number": "1", "_is_reconstructed": "false"}
    connection.execute(
        f"insert into raw.files_{entity} ({', '.join(columns)}) "
        f"select {', '.join(made.get(column, 'null') for column in columns)} from {rows}"
    )


def _measured(way: str, home: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.business_hours", way, str(home)],
        check=True,
        capture_output=True,
        text=True,
    )
    told: dict[str, float] = json.loads(done.stdout)
    return told


def _run(way: str, home: Path) -> None:
    """One way, start to end; its figures to standard output."""
    compiled = json.loads((home / "models.json").read_text(encoding="utf-8"))
    with duckdb.connect(home / "build" / "warehouse.duckdb") as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set threads = 2")
        before = _made(connection, compiled, BEFORE)
        if way == "ours":
            seconds, table = _made(connection, compiled, OURS), "intermediate.int_ticket_minutes_counted"
        else:
            started = time.perf_counter()
            _made(connection, compiled, RUNNING[:2])
            connection.execute(UNFOLDED)
            seconds, table = time.perf_counter() - started, "minutes"
        sums = connection.execute(SUMS.format(table)).fetchone()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIBIBYTES_PER_MEBIBYTE
    print(json.dumps({"before": before, "seconds": seconds, "peak": peak, "sums": sums}))


def _made(connection: duckdb.DuckDBPyConnection, compiled: dict[str, str], models: list[str]) -> float:
    started = time.perf_counter()
    for model in models:
        connection.execute(f"create or replace table intermediate.{model} as {compiled[model]}")
    return time.perf_counter() - started


if __name__ == "__main__":
    _run(sys.argv[1], Path(sys.argv[2]))
