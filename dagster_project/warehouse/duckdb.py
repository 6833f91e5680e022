"""DuckDB: one build file that runs write, and published files that readers open."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.sources.file_mapping import quoted, text_literal
from dagster_project.warehouse.interface import ExportedMonth, ExportedTable, WarehouseError
from dagster_project.warehouse.memory import memory_limit
from dagster_project.warehouse.published import write_parts, write_published, write_raw
from dagster_project.warehouse.raw_tables import FACT_TABLES
from dagster_project.warehouse.session import fetched_dictionaries
from dagster_project.warehouse.shown_days import ShownDays
from dagster_project.warehouse.sql_warehouse import SqlWarehouse

# What DuckDB says of a file that is no longer what it wrote, in contrast to one that is locked or of another version.
DAMAGED = ("not a valid DuckDB database file", "Corrupt database file", "Could not read enough bytes")


class DuckDBSession:
    """An open transaction of the build file."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def run(self, sql: str) -> None:
        """Execute a statement."""
        self._connection.execute(sql)

    def all(self, sql: str) -> list[tuple[Any, ...]]:
        """Every row of a query."""
        return self._connection.execute(sql).fetchall()

    def dictionaries(self, sql: str) -> list[dict[str, Any]]:
        """Every row of a query by column name."""
        return fetched_dictionaries(self._connection.execute(sql))

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Append rows, their values bound as parameters."""
        if rows:
            listed = ", ".join(f"({', '.join('?' * len(columns))})" for _ in rows)
            values = [value for row in rows for value in row]
            self._connection.execute(f"insert into {table} ({', '.join(columns)}) values {listed}", values)

    def landed(self, path: Path, name: str) -> str:  # noqa: ARG002 - Parquet is read where it lies
        """The file itself as a relation."""
        return f"read_parquet({text_literal(str(path))})"


class DuckDBWarehouse(SqlWarehouse):
    """The build file; each call opens it, does one thing and closes it, so that no lock outlives a step."""

    views_outlive_their_tables = True

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def session(self, *, read_only: bool = False) -> Iterator[DuckDBSession]:
        """A transaction on the build file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            connection = duckdb.connect(self.path, read_only=read_only)
        except duckdb.IOException as error:
            raise WarehouseError(
                f"{self.path} cannot be opened: {error}\nIs another run still working? Wait for it, or stop it."
            ) from error
        try:
            connection.execute("set TimeZone = 'UTC'")
            connection.execute(f"set memory_limit = {text_literal(memory_limit())}")
            connection.begin()
            try:
                yield DuckDBSession(connection)
            except BaseException:
                connection.rollback()
                raise
            connection.commit()
        finally:
            connection.close()

    def exists(self) -> bool:
        """True where the build file is there."""
        return self.path.exists()

    def damage(self, *, reads_all: bool = False) -> str | None:
        """What DuckDB says of the file where it is damaged; with `reads_all` every table is read through."""
        if not self.exists():
            return None
        try:
            with duckdb.connect(self.path, read_only=True) as connection:
                tables = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
                for schema, table in tables:
                    if not (reads_all or table in {"batches", "builds", *FACT_TABLES}):
                        continue
                    connection.execute(f"select max(hash(t)) from {schema}.{table} as t").fetchall()
        except duckdb.Error as error:
            return str(error) if any(word in str(error) for word in DAMAGED) else None
        return None

    def compact(self) -> None:
        """Write the file anew: blocks that are free still hold what was there."""
        waiting = self.path.with_suffix(".waiting")
        waiting.unlink(missing_ok=True)
        with duckdb.connect() as connection:
            # Views name the database, and its name is that of the file.
            connection.execute(f"attach {text_literal(str(self.path))} as {quoted(self.path.stem)} (read_only)")
            connection.execute(f"attach {text_literal(str(waiting))} as compacted")
            connection.execute(f"copy from database {quoted(self.path.stem)} to compacted")
        waiting.replace(self.path)

    def set_aside(self) -> str:
        """Give the damaged file another name, beside its place."""
        aside = self.path.with_name(f"{self.path.stem}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S}.duckdb")
        self.path.rename(aside)
        self.path.with_suffix(".duckdb.wal").unlink(missing_ok=True)
        return str(aside)

    def export(
        self,
        schema: str,
        tables: Mapping[str, Mapping[str, str]],
        folder: Path,
        shown_days: Mapping[str, ShownDays] | None = None,
    ) -> list[ExportedTable]:
        """Write tables to a file that older readers can open, and to Parquet beside it."""
        relations = {table: f"built.{schema}.{table}" for table in tables}
        for table, days in (shown_days or {}).items():
            relations[table] += f" where {days.condition}"
        with self._exporting(folder) as connection:
            return write_published(connection, relations, tables, folder)

    def export_parts(
        self, relation: str, conditions: Mapping[str, str], descriptions: Mapping[str, str], folder: Path
    ) -> list[ExportedMonth]:
        """Write the rows of a relation that meet each condition to a file of their own."""
        relations = {name: f"built.{relation} where {condition}" for name, condition in conditions.items()}
        with self._exporting(folder) as connection:
            return write_parts(connection, relations, descriptions, folder)

    @contextmanager
    def _exporting(self, folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection that reads the build file as `built` and may spill into the folder."""
        # A file that is open for reading only takes no second one to write, so both hang on an empty database.
        spill = folder / ".spill"
        with duckdb.connect() as connection:
            connection.execute(f"set memory_limit = {text_literal(memory_limit())}")
            connection.execute(f"set temp_directory = {text_literal(str(spill))}")
            connection.execute(f"attach {text_literal(str(self.path))} as built (read_only)")
            yield connection
        shutil.rmtree(spill, ignore_errors=True)

    def copy_raw(self, conditions: Mapping[str, str], path: Path) -> int:
        """Write the rows of each raw table that meet its condition to a new file."""
        with duckdb.connect(path) as connection:
            connection.execute(f"attach {text_literal(str(self.path))} as built (read_only)")
            found = {table: f"built.raw.{table} where {condition}" for table, condition in conditions.items()}
            return write_raw(connection, found)

    def publish_files(self, publish_id: str, tables: Sequence[str], parquet_dir: Path) -> None:
        """Nothing, for the same reason."""

    def publish(
        self, publish_id: str, schema: str, tables: Sequence[str], shown_days: Mapping[str, ShownDays] | None = None
    ) -> None:
        """Nothing: readers open the published files, never the build file."""
