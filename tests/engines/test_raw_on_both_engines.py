"""The same landed batches moved into raw on DuckDB and on Postgres leave the same rows, ledger and rejections."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from dagster_project.contract import input_contract
from dagster_project.settings import FileTable
from dagster_project.sources.files import FilesRequest, extract_files
from dagster_project.sources.landing import LandedBatch
from dagster_project.warehouse.duckdb import DuckDBWarehouse
from dagster_project.warehouse.interface import LoadResult, Warehouse, WarehouseError
from dagster_project.warehouse.postgres import PostgresWarehouse
from tests.engines.postgres_server import postgres_server

pytestmark = pytest.mark.engines

START = datetime(2026, 1, 1)
LOADED = [datetime(2026, 3, 1, 12), datetime(2026, 3, 2, 12), datetime(2026, 3, 3, 12, 0, 0, 250_000)]
ACCOUNTS = [
    # Quotes, line breaks, blanks, emoji; the same key twice at one moment; a date that is none.
    'account_id,account_name,segment,country,signed_up_date,updated_at\n'
    'a,"O\'Hara ""&"" Söhne, 株式会社 🎉",smb,,2026-01-05,2026-02-01T00:00:00Z\n'
    'b,"two\nlines",enterprise,"",2026-01-06,2026-02-01T00:00:00Z\n'
    'b,other,enterprise,JP,2026-01-06,2026-02-01T00:00:00Z\n'
    'c,bad,smb,JP,2026-02-31,2026-02-01T00:00:00Z\n',
    'account_id,account_name,segment,country,signed_up_date,updated_at\n'
    'a,Renamed,smb,JP,2026-01-05,2026-02-20T00:00:00Z\n'
    'b,older,enterprise,JP,2026-01-06,2026-01-20T00:00:00Z\n',
    'account_id,account_name,segment,country,signed_up_date,updated_at\n'
    'a,Renamed,smb,JP,2026-01-05,2026-02-20T00:00:00Z\n',
]  # fmt: skip
EVENTS = [
    'event_id,account_id,feature_id,event_at,event_count,active_seconds,received_at\n'
    'e1,a,f,2026-02-01T10:00:00Z,1,12,2026-02-01T10:00:05Z\n'
    'e1,a,f,2026-02-01T10:00:00Z,1,12,2026-02-01T10:00:05Z\n'
    'e2,a,f,2026-02-02T10:00:00Z,,,2026-02-02T10:00:05Z\n',
    'event_id,account_id,feature_id,event_at,event_count,active_seconds,received_at\n'
    'e1,a,f,2026-02-01T10:00:00Z,9,12,2026-02-01T10:00:05Z\n'
    'e3,a,f,2026-02-03T10:00:00Z,2,30,2026-02-03T10:00:05Z\n',
]  # fmt: skip
CONTRACTS = [
    'contract_id,account_id,seat_count,mrr_amount,start_date,updated_at\n'
    'c1,a,3,1234567890.10,2026-02-01,2026-02-01T00:00:00Z\n'
]  # fmt: skip
LEDGER = ("batches", "batch_files", "fed_columns", "rejected_rows", "current_rows")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with postgres_server() as found:
        yield found


@pytest.fixture
def warehouses(url: str, tmp_path: Path) -> list[Warehouse]:
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("drop schema if exists raw cascade")
    found: list[Warehouse] = [
        DuckDBWarehouse(tmp_path / "warehouse.duckdb"),
        PostgresWarehouse(url, "bansou_reader"),
    ]
    for warehouse in found:
        warehouse.prepare(["files"])
        warehouse.prepare(["files"])  # a second time changes nothing
    return found


def landed(folder: Path, entity: str, text: str, number: int) -> LandedBatch:
    (folder / "in").mkdir(exist_ok=True)
    (folder / "in" / f"{entity}.csv").write_text(text, encoding="utf-8")
    known_at = "received_at" if entity == "usage_events" else "updated_at"
    request = FilesRequest(
        source_name="crm",
        folder=folder / "in",
        table=FileTable(files=f"{entity}.csv", known_at=known_at, source_delay_hours=1.5),
        entity=input_contract()[entity],
        landing_dir=folder / "landing",
        load_id=f"{entity}{number}",
    )
    batch = extract_files(request, set())
    assert batch is not None
    return batch


def contents(warehouse: Warehouse, table: str) -> list[tuple[Any, ...]]:
    rows = [tuple(row.values()) for row in warehouse.rows(f"select * from raw.{table}")]
    return sorted(rows, key=repr)


@pytest.mark.parametrize("is_pinned", [True, False])
@pytest.mark.parametrize(
    ("entity", "texts"), [("accounts", ACCOUNTS), ("usage_events", EVENTS), ("contracts", CONTRACTS)]
)
def test_both_engines_hold_the_same_rows(
    warehouses: list[Warehouse], tmp_path: Path, entity: str, texts: list[str], *, is_pinned: bool
) -> None:
    for number, text in enumerate(texts):
        batch = landed(tmp_path, entity, text, number)
        results: list[LoadResult] = [
            warehouse.load(batch, LOADED[number], START, is_pinned=is_pinned) for warehouse in warehouses
        ]
        assert results[0] == results[1]
    ours, theirs = warehouses
    for table in (f"files_{entity}", *LEDGER):
        found = contents(ours, table)
        if table == "rejected_rows":
            # The row as JSON has its spaces where each engine puts them.
            assert [row[:8] for row in found] == [row[:8] for row in contents(theirs, table)]
        else:
            assert found == contents(theirs, table), table
    assert contents(ours, f"files_{entity}")
    assert ours.earliest_change_since(None) == theirs.earliest_change_since(None)
    assert ours.files_known("crm", entity) == theirs.files_known("crm", entity)


def test_a_batch_is_refused_twice_and_leaves_nothing(warehouses: list[Warehouse], tmp_path: Path) -> None:
    batch = landed(tmp_path, "accounts", ACCOUNTS[0], 0)
    for warehouse in warehouses:
        warehouse.load(batch, LOADED[0], START, is_pinned=True)
        before = contents(warehouse, "files_accounts")
        with pytest.raises(WarehouseError, match="in raw already"):
            warehouse.load(batch, LOADED[1], START, is_pinned=True)
        assert contents(warehouse, "files_accounts") == before
        assert warehouse.last_load_number() == 1


def test_what_was_known_is_copied_alike(warehouses: list[Warehouse], tmp_path: Path) -> None:
    batch = landed(tmp_path, "accounts", ACCOUNTS[0], 0)
    copies = []
    for number, warehouse in enumerate(warehouses):
        warehouse.load(batch, LOADED[0], START, is_pinned=True)
        path = tmp_path / f"copy{number}.duckdb"
        assert warehouse.copy_known(datetime(2026, 2, 2), 1, path) > 0
        copies.append(contents(DuckDBWarehouse(path), "files_accounts"))
        none = tmp_path / f"none{number}.duckdb"
        warehouse.copy_known(datetime(2026, 1, 31), 1, none)
        assert contents(DuckDBWarehouse(none), "files_accounts") == []
    assert copies[0] == copies[1]
