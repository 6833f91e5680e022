"""Usage events from Parquet files into raw (typed, judged, with provenance and ledger), against a plain copy."""

from datetime import date, datetime
from itertools import count
from pathlib import Path

import duckdb

from benchmarks.timing import Case, Rival, race
from dagster_project.contract import input_contract
from dagster_project.settings import FileTable
from dagster_project.sources.files import FilesRequest, extract_files
from dagster_project.warehouse.duckdb import DuckDBWarehouse

FIRST_DAY = date(2026, 1, 1)
FILE_COUNT = 18
ROUNDS = 3


def measure(folder: Path, event_count: int) -> Case:
    """Ours and its limit over the same files; both start from an empty build file in each round."""
    inbox = folder / "inbox"
    inbox.mkdir()
    _write_events(inbox, event_count)
    number = count()
    rivals = [
        Rival("bansou: land and load", lambda: _ours(folder / f"ours{next(number)}", inbox)),
        Rival("DuckDB: create table as (limit)", lambda: _plain(folder / f"plain{next(number)}", inbox)),
    ]
    race(rivals, ROUNDS)
    return Case(
        title=f"Raw load: {event_count:,} events in {FILE_COUNT} Parquet files",
        rivals=rivals,
        note="Ours hashes the files, types and checks each column, lands a batch, finds repeats and writes the ledger. "
        "The limit copies the files into a table.",
        rounds=ROUNDS,
    )


def _write_events(inbox: Path, event_count: int) -> None:
    per_file = event_count // FILE_COUNT + 1
    with duckdb.connect() as connection:
        for number in range(FILE_COUNT):
            first, last = number * per_file, min((number + 1) * per_file, event_count)
            connection.execute(
                f"copy (select 'E' || n as event_id, 'A' || (hash(n) % 240) as account_id, "
                f"'U' || (hash(n) % 6000) as user_id, 'f' || (hash(n + 1) % 20) as feature_id, "
                f"timestamp '{FIRST_DAY}' + to_seconds(n) as event_at, 1 as event_count, "
                f"(hash(n + 2) % 600)::int as active_seconds, (hash(n + 3) % 5)::int as record_change_count, "
                f"timestamp '{FIRST_DAY}' + to_seconds(n + 5) as received_at "
                f"from range({first}, {last}) as t(n)) to '{inbox}/part-{number:02d}.parquet' (format parquet)"
            )


def _ours(home: Path, inbox: Path) -> object:
    request = FilesRequest(
        source_name="bench",
        folder=inbox,
        table=FileTable(files="*.parquet", known_at="received_at"),
        entity=input_contract()["usage_events"],
        landing_dir=home / "landing",
        load_id="bench",
    )
    warehouse = DuckDBWarehouse(home / "warehouse.duckdb")
    warehouse.prepare(["files"])
    batch = extract_files(request, files_known=set())
    if batch is None:
        return None
    return warehouse.load(batch, datetime(2026, 6, 1), datetime(2026, 1, 1), is_pinned=True).rows_loaded


def _plain(home: Path, inbox: Path) -> object:
    home.mkdir(parents=True)
    with duckdb.connect(home / "plain.duckdb") as connection:
        connection.execute(f"create table events as select * from read_parquet('{inbox}/*.parquet')")
        row = connection.execute("select count(*) from events").fetchone()
    return row[0] if row else None
