"""Times of tickets as dbt compiles their models, against the usual way: a row per ticket and day, joined to its hours.

Each way runs in a process of its own on two threads, so that its memory is its own.
"""

import json
import resource
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from statistics import median

import duckdb
from rich.console import Console
from rich.table import Table

from benchmarks.timing import measured_way
from benchmarks.usage_daily import compiled_models
from dagster_project.contract import input_contract
from dagster_project.settings import PROJECT_ROOT, load_settings
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
# All begin at the same hours in UTC. A row per ticket and day of its span, with one more at both ends for zones.
UNFOLDED = """
with days as (
    select ticket_id, schedule_id, created_at, {moments}, unnest(generate_series(
        created_at::date - 1, coalesce({moments})::date + 1, interval 1 day
    ))::date as local_date
    from warehouse.intermediate.int_tickets_timed
    where coalesce({moments}) is not null
)
select ticket_id, {figures}
from days
inner join warehouse.intermediate.int_schedule_hours_dated using (schedule_id, local_date)
group by ticket_id
"""
FIGURE = """
    sum(case
        when {moment} > start_at and created_at < end_at
            then epoch(least(end_at, {moment})) - epoch(greatest(start_at, created_at)) else 0
    end) / 60 as {name}_business_minutes
"""
MOMENTS = {"first_reply": "first_replied_at", "first_resolution": "first_resolved_at", "full_resolution": "resolved_at"}


class UnequalMinutesError(Exception):
    """The two ways give other minutes."""


def show(folder: Path, console: Console, ticket_count: int) -> None:
    """Time every way in turn, and print a table."""
    home = folder / "business_hours"
    # In a process of its own as well, since a child counts the memory that its parent had.
    measured_way("business_hours", f"prepare {ticket_count}", str(home))
    before = measured_way("business_hours", "before", str(home))
    ways = {
        "bansou: running working time": "ours",
        "DuckDB: a row per ticket and day, all figures at once": "at_once",
        "DuckDB: a row per ticket and day, figure by figure": "one_by_one",
    }
    found: dict[str, list[dict[str, float]]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            found[name].append(measured_way("business_hours", way, str(home)))
    if len({json.dumps(each["sums"]) for rounds in found.values() for each in rounds}) > 1:
        raise UnequalMinutesError(f"The ways disagree: {found}")
    title = (
        f"Business minutes: {ticket_count:,} tickets with {ticket_count * MESSAGES_EACH:,} messages "
        f"(median of {ROUNDS} rounds, in turn)"
    )
    table = Table("who", title=title, title_justify="left")
    for column in ("seconds", "÷ ours", "peak MiB"):
        table.add_column(column, justify="right")
    ours = median(each["seconds"] for each in next(iter(found.values())))
    for name, rounds in found.items():
        seconds, peak = median(each["seconds"] for each in rounds), max(each["peak"] for each in rounds)
        table.add_row(name, f"{seconds:.2f}", f"{seconds / ours:.2f}", f"{peak:,.0f}")
    console.print(table)
    console.print(
        f"Replies and spans, which all begin with: {before['seconds']:.2f} s, {before['peak']:,.0f} MiB. "
        f"Ours also gives the calendar minutes. All give the same sum of each figure."
    )


def prepare(home: Path, ticket_count: int) -> None:
    """Make a build file with tickets, messages and hours, and the models' SQL beside it."""
    config = PROJECT_ROOT / "examples" / "files" / "bansou.toml"
    settings = load_settings({"BANSOU_HOME": str(home), "BANSOU_CONFIG": str(config)})
    open_warehouse(settings).prepare(["files"])
    last = FIRST_DAY + timedelta(days=DAY_COUNT)
    compiled = compiled_models(settings, "fct_support_tickets", FIRST_DAY, last)
    (home / "models.json").write_text(json.dumps(compiled), encoding="utf-8")
    with duckdb.connect(settings.build_path) as connection:
        _fill(connection, ticket_count)
        for schema in ("input", "intermediate"):
            connection.execute(f"create schema if not exists {schema}")
        # What lies below is measured elsewhere: versions, and an identity layer in which nothing is to be matched.
        for entity in (
            "tickets",
            "ticket_messages",
            "ticket_status_changes",
            "people",
            "working_schedules",
            "holidays",
        ):
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


def _run(way: str, home: Path) -> None:
    """One way, start to end; its figures to standard output."""
    if way.startswith("prepare"):
        prepare(home, int(way.split()[1]))
        print("{}")
        return
    compiled = json.loads((home / "models.json").read_text(encoding="utf-8"))
    with duckdb.connect(home / "build" / "warehouse.duckdb") as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set threads = 2")
        started = time.perf_counter()
        _make(connection, compiled, {"before": BEFORE, "ours": RUNNING}.get(way, RUNNING[:2]))
        for number, query in enumerate(_queries(way, compiled)):
            connection.execute(f"create temp table minutes_{number} as {query}")
        seconds = time.perf_counter() - started
        sums = [] if way == "before" else [_sum(connection, way, name) for name in MOMENTS]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIBIBYTES_PER_MEBIBYTE
    print(json.dumps({"seconds": seconds, "peak": peak, "sums": sums}))


def _make(connection: duckdb.DuckDBPyConnection, compiled: dict[str, str], models: list[str]) -> None:
    for model in models:
        connection.execute(f"create or replace table intermediate.{model} as {compiled[model]}")


def _queries(way: str, compiled: dict[str, str]) -> list[str]:
    if way == "ours":
        return [compiled["int_ticket_minutes_counted"]]
    return {"at_once": [_unfolded(list(MOMENTS))], "one_by_one": [_unfolded([name]) for name in MOMENTS]}.get(way, [])


def _unfolded(names: list[str]) -> str:
    # The last moment comes first, so that the span is whole.
    moments = ", ".join(MOMENTS[name] for name in reversed(names))
    figures = ", ".join(FIGURE.format(moment=MOMENTS[name], name=name) for name in names)
    return UNFOLDED.format(moments=moments, figures=figures)


def _sum(connection: duckdb.DuckDBPyConnection, way: str, name: str) -> int:
    table = f"minutes_{list(MOMENTS).index(name) if way == 'one_by_one' else 0}"
    row = connection.execute(f"select sum({name}_business_minutes)::bigint from {table}").fetchone()
    return int(row[0]) if row else 0


if __name__ == "__main__":
    _run(sys.argv[1], Path(sys.argv[2]))
