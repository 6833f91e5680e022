"""`int_account_versions` as dbt compiles it, joined to every day, against DuckDB's own as-of join and pandas."""

from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

from benchmarks.timing import Case, Rival, race
from benchmarks.usage_daily import compiled_models
from dagster_project.contract import input_contract
from dagster_project.settings import load_settings
from dagster_project.warehouse import open_warehouse
from dagster_project.warehouse.raw_tables import PROVENANCE_COLUMNS

FIRST_DAY = date(2025, 1, 1)
VERSIONS_EACH = 6
ROUNDS = 3
# The join that every daily model uses: the version in force on a day.
IN_FORCE = "d.day >= v.valid_from_date and (v.valid_to_date is null or d.day < v.valid_to_date)"


def measure(folder: Path, account_count: int, day_count: int) -> Case:
    """Accounts that changed six times each, on every day since."""
    settings = load_settings({"BANSOU_HOME": str(folder / "versions")})
    open_warehouse(settings).prepare(["files"])
    _fill(settings.build_path, account_count, day_count)
    compiled = compiled_models(settings, "int_account_versions", FIRST_DAY, FIRST_DAY)
    connection = duckdb.connect(settings.build_path)
    connection.execute("create schema input")
    connection.execute(f"create view input.input_accounts as {compiled['input_accounts']}")
    connection.execute(
        f"create table days as select (date '{FIRST_DAY}' + n::int) as day from range({day_count}) as t(n)"
    )
    connection.execute(
        "create table told as select account_id, segment, known_at::date as known_date from input.input_accounts"
    )
    rivals = [
        Rival("bansou: versions, then in force", lambda: _ours(connection, compiled["int_account_versions"])),
        Rival("DuckDB: asof join (limit)", lambda: _asof(connection)),
        Rival("pandas: merge_asof", lambda: _pandas(connection)),
    ]
    race(rivals, ROUNDS)
    connection.close()
    return Case(
        title=f"As-of versions: {account_count:,} accounts × {day_count} days, {VERSIONS_EACH} versions each",
        rivals=rivals,
        note="Each gives the number of account days and of those in one segment. Ours also picks the last version of a "
        "day, and runs unchanged on Postgres and Spark.",
        rounds=ROUNDS,
    )


def _fill(path: Path, account_count: int, day_count: int) -> None:
    columns = [*input_contract()["accounts"].column_names, *PROVENANCE_COLUMNS]
    known_at = (
        f"timestamp '{FIRST_DAY}' + to_seconds((n % {VERSIONS_EACH}) * {day_count} * 86400 // {VERSIONS_EACH} + 60)"
    )
    made = {
        "account_id": f"'A' || (n // {VERSIONS_EACH})",
        "segment": "case when hash(n) % 2 = 0 then 'smb' else 'enterprise' end",
        "_record_key": f"'bench:A' || (n // {VERSIONS_EACH})",
        "_source_name": "'bench'",
        "_load_number": "1",
        "_is_reconstructed": "false",
        "_known_at": known_at,
    }
    with duckdb.connect(path) as connection:
        connection.execute(
            f"insert into raw.files_accounts ({', '.join(columns)}) "
            f"select {', '.join(made.get(column, 'null') for column in columns)} "
            f"from range({account_count * VERSIONS_EACH}) as t(n)"
        )


def _ours(connection: duckdb.DuckDBPyConnection, sql: str) -> object:
    connection.execute(f"create or replace temp table v as {sql}")
    return connection.execute(
        f"select count(*), count(*) filter (where v.segment = 'smb') from days as d join v on {IN_FORCE}"
    ).fetchone()


def _asof(connection: duckdb.DuckDBPyConnection) -> object:
    return connection.execute(
        "select count(*), count(*) filter (where t.segment = 'smb') from (select distinct account_id from told) as a "
        "cross join days as d asof join told as t on a.account_id = t.account_id and d.day >= t.known_date"
    ).fetchone()


def _pandas(connection: duckdb.DuckDBPyConnection) -> object:
    told = connection.execute("select account_id, segment, known_date from told order by known_date").df()
    days = connection.execute("select day from days order by day").df()
    accounts = pd.DataFrame({"account_id": told["account_id"].unique()})
    grid = days.merge(accounts, how="cross")
    merged = pd.merge_asof(grid, told, left_on="day", right_on="known_date", by="account_id")
    return (len(merged), int((merged["segment"] == "smb").sum()))
