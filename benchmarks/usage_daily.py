"""`fct_usage_daily` as dbt compiled it, against the same sums in plain DuckDB (the limit) and in pandas."""

from datetime import date, timedelta
from pathlib import Path

import duckdb
import pandas as pd

from benchmarks.timing import Case, Rival, race
from dagster_project.assets.transform import DbtParseError, run_dbt
from dagster_project.contract import input_contract
from dagster_project.settings import Settings, load_settings
from dagster_project.warehouse import open_warehouse
from dagster_project.warehouse.interface import Build
from dagster_project.warehouse.raw_tables import PROVENANCE_COLUMNS

FIRST_DAY = date(2026, 1, 1)
DAY_COUNT = 120


def measure(folder: Path, event_count: int) -> Case:
    """Ours and its rivals over the same generated events, 120 days in one pass."""
    settings = load_settings({"BANSOU_HOME": str(folder / "home")})
    warehouse = open_warehouse(settings)
    warehouse.prepare(["files"])
    _fill(settings.build_path, event_count)
    compiled = compiled_models(settings, "fct_usage_daily", FIRST_DAY, FIRST_DAY + timedelta(days=DAY_COUNT - 1))
    connection = duckdb.connect(settings.build_path)
    _create_identity_models(connection, compiled)
    parquet = folder / "events.parquet"
    connection.execute(
        f"copy (select account_id, user_id, feature_id, event_at, event_count, active_seconds, record_change_count "
        f"from raw.files_usage_events) to '{parquet}' (format parquet)"
    )
    rivals = [
        Rival("bansou: fct_usage_daily", lambda: _ours(connection, compiled["fct_usage_daily"])),
        Rival("plain DuckDB (limit)", lambda: _plain(connection)),
        Rival("pandas, from Parquet", lambda: _pandas(parquet)),
    ]
    race(rivals)
    connection.close()
    return Case(
        title=f"fct_usage_daily: {event_count:,} events over {DAY_COUNT} days",
        rivals=rivals,
        note="Plain DuckDB sums the raw table without business days, keys or exact numbers; pandas reads the columns "
        "from Parquet first. All three give the same number of rows and of source rows.",
    )


def _fill(path: Path, event_count: int) -> None:
    columns = [*input_contract()["usage_events"].column_names, *PROVENANCE_COLUMNS]
    made = {
        "event_id": "'E' || n",
        "account_id": "'A' || (hash(n) % 240)",
        "user_id": "'U' || (hash(n) % 6000)",
        "feature_id": "'f' || (hash(n + 1) % 20)",
        "event_at": f"timestamp '{FIRST_DAY}' + to_seconds(n * {DAY_COUNT * 86400} // {event_count})",
        "event_count": "1",
        "active_seconds": "hash(n + 2) % 600",
        "record_change_count": "hash(n + 3) % 5",
        "_record_key": "'bench:E' || n",
        "_source_name": "'bench'",
        "_load_number": "1",
        "_is_reconstructed": "false",
        "_known_at": f"timestamp '{FIRST_DAY}' + to_seconds(n * {DAY_COUNT * 86400} // {event_count})",
    }
    with duckdb.connect(path) as connection:
        connection.execute(
            f"insert into raw.files_usage_events ({', '.join(columns)}) "
            f"select {', '.join(made.get(column, 'null') for column in columns)} from range({event_count}) as t(n)"
        )


def compiled_models(settings: Settings, model: str, first: date, last: date) -> dict[str, str]:
    """SQL of a model and of those under it, as dbt compiles them for a range of days."""
    done = run_dbt(settings, ["compile", "--select", f"+{model}"], Build("bench", first, last, last, 1))
    if done.returncode:
        raise DbtParseError(done.stdout + done.stderr)
    return {path.stem: path.read_text() for path in (settings.dbt_target_dir / "compiled").rglob("models/**/*.sql")}


def _create_identity_models(connection: duckdb.DuckDBPyConnection, compiled: dict[str, str]) -> None:
    """What lies between raw and the daily table: the input view, a crosswalk that is empty, and the view over both."""
    connection.execute("create schema input; create schema intermediate")
    connection.execute(f"create view input.input_usage_events as {compiled['input_usage_events']}")
    for kind, key in (("companies", "company_id"), ("people", "person_id")):
        connection.execute(f"create table intermediate.int_{kind}_matched (source_name text)")
        connection.execute(
            f"create table intermediate.int_{kind}_linked (source_name text, {key} text, account_id text, "
            f"user_id text, is_first boolean, valid_from_date date, valid_to_date date)"
        )
    connection.execute(
        f"create view intermediate.int_usage_events_identified as {compiled['int_usage_events_identified']}"
    )


def _ours(connection: duckdb.DuckDBPyConnection, sql: str) -> object:
    connection.execute(f"create or replace temp table built as {sql}")
    return connection.execute("select count(*), sum(source_row_count)::bigint from built").fetchone()


def _plain(connection: duckdb.DuckDBPyConnection) -> object:
    connection.execute(
        "create or replace temp table plain as select event_at::date as usage_date, account_id, user_id, feature_id, "
        "sum(event_count) as event_count, sum(active_seconds) as active_seconds, "
        "sum(record_change_count) as record_change_count, count(*) as source_row_count "
        "from raw.files_usage_events group by all"
    )
    return connection.execute("select count(*), sum(source_row_count)::bigint from plain").fetchone()


def _pandas(parquet: Path) -> object:
    events = pd.read_parquet(parquet)
    events["usage_date"] = events["event_at"].dt.floor("D")
    summed = events.groupby(["usage_date", "account_id", "user_id", "feature_id"], as_index=False).agg(
        event_count=("event_count", "sum"),
        active_seconds=("active_seconds", "sum"),
        record_change_count=("record_change_count", "sum"),
        source_row_count=("event_count", "size"),
    )
    return (len(summed), int(summed["source_row_count"].sum()))
