"""One way in for the tests of the files source: land a folder's files, load them, account for every row."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dagster_project.contract import input_contract
from dagster_project.settings import FileTable
from dagster_project.sources.files import FilesRequest, extract_files
from dagster_project.sources.landing import LandedBatch
from dagster_project.warehouse.duckdb import DuckDBWarehouse
from dagster_project.warehouse.interface import LoadResult

SOURCE = "crm"
LOADED_AT = datetime(2026, 3, 1, 12)
HISTORY_START = datetime(2025, 1, 1)
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Loaded:
    """One batch after landing and loading, with what raw then holds."""

    batch: LandedBatch
    result: LoadResult
    rows: Rows
    rejected: Rows


@cache
def empty_warehouse() -> bytes:
    """A prepared build file; made once, because every test starts from one."""
    with TemporaryDirectory() as folder:
        warehouse = DuckDBWarehouse(Path(folder) / "warehouse.duckdb")
        warehouse.prepare(["files"])
        return warehouse.path.read_bytes()


def assert_every_row_is_accounted_for(result: LoadResult) -> None:
    """Rows read = loaded + unchanged + superseded + filtered + rejected."""
    assert result.rows_read == (
        result.rows_loaded
        + result.rows_unchanged
        + result.rows_superseded
        + result.rows_filtered
        + result.rows_rejected
    )


def load(folder: Path, entity: str, told: dict[str, Any]) -> Loaded:
    """Land `folder/in` as one entity and move it into a new warehouse; every row is accounted for."""
    request = FilesRequest(
        source_name=SOURCE,
        folder=folder / "in",
        table=FileTable.model_validate(told),
        entity=input_contract()[entity],
        landing_dir=folder / "landing",
        load_id="first",
    )
    batch = extract_files(request, files_known=set())
    assert batch is not None
    warehouse = DuckDBWarehouse(folder / "warehouse.duckdb")
    warehouse.path.write_bytes(empty_warehouse())
    result = warehouse.load(batch, LOADED_AT, HISTORY_START, is_pinned=False)
    assert_every_row_is_accounted_for(result)
    rejected = warehouse.rows("select * from raw.rejected_rows order by file_path, row_number")
    assert len(rejected) == result.rows_rejected
    return Loaded(batch, result, warehouse.rows(f"select * from raw.files_{entity} order by _record_key"), rejected)


def picked(rows: Rows, *columns: str) -> list[tuple[Any, ...]]:
    """The named columns of each row."""
    return [tuple(row[column] for column in columns) for row in rows]
