"""The published files, the same for every engine: how a set is written, and how readers open the one that stands."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.sources.file_mapping import quoted, text_literal
from dagster_project.warehouse.interface import ExportedMonth, ExportedTable, WarehouseError
from dagster_project.warehouse.session import fetched_dictionaries

# Readers as old as 1.5 open what we publish; 2.0's own format they cannot.
PUBLISHED_STORAGE_VERSION = "v1.5.0"
PARQUET_OPTIONS = "format parquet, compression zstd"


class PublishedReader:
    """One published set, the one that stood when the reader was made: opened by its real path, never written."""

    def __init__(self, published_dir: Path) -> None:
        self.path = (published_dir / "current").resolve() / "marts.duckdb"

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Result of a query as dictionaries."""
        with duckdb.connect(self.path, read_only=True) as connection:
            return fetched_dictionaries(connection.execute(query, list(parameters)))


def write_published(
    connection: duckdb.DuckDBPyConnection,
    relations: Mapping[str, str],
    descriptions: Mapping[str, Mapping[str, str]],
    folder: Path,
) -> list[ExportedTable]:
    """Write relations that the connection can read to `folder/marts.duckdb` (schema `main`) and to Parquet.

    A relation is what stands after `from`, with its condition where it has one.
    `descriptions` gives for each table what its columns say: comments there, metadata `column.<name>` here.

    Raises:
        WarehouseError: the file was left incomplete.
    """
    (folder / "parquet").mkdir(parents=True, exist_ok=True)
    target = folder / "marts.duckdb"
    connection.execute(
        f"attach {text_literal(str(target))} as published (storage_version '{PUBLISHED_STORAGE_VERSION}')"
    )
    exported = [
        _export_table(connection, table, relation, descriptions.get(table, {}), folder)
        for table, relation in relations.items()
    ]
    connection.execute("checkpoint published")
    connection.execute("detach published")
    if target.with_suffix(".duckdb.wal").exists():
        raise WarehouseError(f"{target} was left with an open log; it is not complete.")
    return exported


def write_parts(
    connection: duckdb.DuckDBPyConnection, relations: Mapping[str, str], descriptions: Mapping[str, str], folder: Path
) -> list[ExportedMonth]:
    """Write relations that the connection can read to `folder/<name>.parquet` each, with what their columns say."""
    folder.mkdir(parents=True, exist_ok=True)
    exported = []
    for name, relation in relations.items():
        parquet = text_literal(str(folder / f"{name}.parquet"))
        query = f"select * from {relation} order by all"
        told = _told(descriptions, _columns(connection, f"(select * from {relation})"))
        connection.execute(f"copy ({query}) to {parquet} ({PARQUET_OPTIONS}{_metadata(told)})")
        exported.append(ExportedMonth(name, *_fingerprint(connection, f"read_parquet({parquet})")))
    return exported


def write_raw(connection: duckdb.DuckDBPyConnection, relations: Mapping[str, str]) -> int:
    """Write relations that the connection can read to its own schema `raw`; the number of rows."""
    connection.execute("create schema raw")
    count = 0
    for table, relation in relations.items():
        connection.execute(f"create table raw.{table} as select * from {relation}")
        row = connection.execute(f"select count(*) from raw.{table}").fetchone()
        count += row[0] if row else 0
    return count


def _export_table(
    connection: duckdb.DuckDBPyConnection, table: str, relation: str, descriptions: Mapping[str, str], folder: Path
) -> ExportedTable:
    parquet = text_literal(str(folder / "parquet" / f"{table}.parquet"))
    connection.execute(f"create table published.main.{table} as select * from {relation} order by all")
    columns = _columns(connection, f"published.main.{table}")
    told = _told(descriptions, columns)
    for name, text in told.items():
        connection.execute(f"comment on column published.main.{table}.{name} is {text_literal(text)}")
    connection.execute(f"copy published.main.{table} to {parquet} ({PARQUET_OPTIONS}{_metadata(told)})")
    row_count, fingerprint = _fingerprint(connection, f"published.main.{table}")
    return ExportedTable(name=table, row_count=row_count, fingerprint=fingerprint, columns=columns)


def _columns(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    return {row[0]: row[1] for row in connection.execute(f"describe from {relation}").fetchall()}


def _told(descriptions: Mapping[str, str], columns: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in descriptions.items() if name in columns}


def _metadata(told: Mapping[str, str]) -> str:
    listed = ", ".join(f"{quoted(f'column.{name}')}: {text_literal(text)}" for name, text in told.items())
    return f", kv_metadata {{{listed}}}" if listed else ""


def _fingerprint(connection: duckdb.DuckDBPyConnection, relation: str) -> tuple[int, str]:
    """Number of rows, and digits over them that do not depend on their order."""
    counted = connection.execute(
        f"select count(*), coalesce(bit_xor(hash(t)), 0), coalesce(sum(hash(t)), 0) from {relation} as t"
    ).fetchone()
    count, xor, total = counted or (0, 0, 0)
    return count, f"{count:x}-{xor:016x}-{total:x}"
