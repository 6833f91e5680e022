"""Postgres: raw, models and published tables as schemas of one database; readers see the schema `published` alone."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from psycopg2.extensions import quote_ident
from psycopg2.extras import execute_values

from dagster_project.sources.file_mapping import text_literal
from dagster_project.warehouse.interface import ExportedMonth, ExportedTable, WarehouseError
from dagster_project.warehouse.published import write_parts, write_published, write_raw
from dagster_project.warehouse.session import fetched_dictionaries
from dagster_project.warehouse.shown_days import ShownDays
from dagster_project.warehouse.sql_warehouse import SqlWarehouse

PUBLISHED = "published"
COPY_ROWS = 100_000
LONGEST_ROW_BYTES = 20_000_000
POSTGRES_TYPES = {
    pa.int32(): "integer",
    pa.int64(): "bigint",
    pa.bool_(): "boolean",
    pa.date32(): "date",
    pa.float64(): "double precision",
}


class PostgresSession:
    """An open transaction of the database."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def run(self, statement: str) -> None:
        """Execute a statement."""
        with self._connection.cursor() as cursor:
            cursor.execute(statement)

    def all(self, statement: str) -> list[tuple[Any, ...]]:
        """Every row of a query."""
        with self._connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    def dictionaries(self, statement: str) -> list[dict[str, Any]]:
        """Every row of a query by column name."""
        with self._connection.cursor() as cursor:
            cursor.execute(statement)
            return fetched_dictionaries(cursor)

    def types(self, statement: str) -> list[tuple[str, str]]:
        """Name and type of each column of a query."""
        with self._connection.cursor() as cursor:
            cursor.execute(f"select * from ({statement}) as told limit 0")
            described = list(cursor.description)
        told = ", ".join(f"format_type({column.type_code}, {_type_modifier(column)})" for column in described)
        return list(zip([column.name for column in described], self.all(f"select {told}")[0], strict=True))

    def quoted(self, name: str) -> str:
        """A name as an identifier."""
        return str(quote_ident(name, self._connection))

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Append rows, their values bound as parameters."""
        if rows:
            with self._connection.cursor() as cursor:
                execute_values(cursor, f"insert into {table} ({', '.join(columns)}) values %s", rows)

    def landed(self, path: Path, name: str) -> str:
        """A temporary table with the rows of the file, sent by COPY."""
        file = pq.ParquetFile(path)
        columns = ", ".join(f"{field.name} {_postgres_type(field.type)}" for field in file.schema_arrow)
        self.run(f"create temporary table {name} ({columns})")
        # Text is quoted and null is not, so that blank text stays apart from null.
        options = pa_csv.WriteOptions(include_header=False, quoting_style="all_valid")
        with self._connection.cursor() as cursor, tempfile.TemporaryFile() as sent:
            for batch in file.iter_batches(COPY_ROWS):
                pa_csv.write_csv(pa.Table.from_batches([batch]), sent, options)
            sent.seek(0)
            cursor.copy_expert(f"copy {name} from stdin with (format csv)", sent)
        return name

    def copied_out(self, query: str, target: Path) -> None:
        """The rows of a query as CSV, every text quoted and null blank."""
        with self._connection.cursor() as cursor, target.open("wb") as file:
            cursor.copy_expert(f"copy ({query}) to stdout with (format csv, force_quote *)", file)


def _type_modifier(column: Any) -> int:
    """Postgres keeps precision and scale of a numeric in one number."""
    if column.precision is None or column.precision < 0 or column.scale is None:
        return -1
    return int((column.precision << 16 | column.scale) + 4)


def _postgres_type(kind: pa.DataType) -> str:
    if pa.types.is_decimal(kind):
        return f"numeric({kind.precision},{kind.scale})"
    if pa.types.is_timestamp(kind):
        return "timestamp"
    return POSTGRES_TYPES.get(kind, "text")


class PostgresWarehouse(SqlWarehouse):
    """One database, named by its URL; `reader_role` may read the published schema and nothing else."""

    views_outlive_their_tables = False

    def __init__(self, url: str, reader_role: str) -> None:
        self._url = url
        self._reader_role = reader_role

    @contextmanager
    def session(self, *, read_only: bool = False) -> Iterator[PostgresSession]:
        """A transaction in UTC."""
        try:
            connection = psycopg2.connect(self._url, options="-c timezone=UTC -c client_min_messages=warning")
        except psycopg2.OperationalError as error:
            # The message names host and database, never the password.
            raise WarehouseError(
                f"The Postgres database cannot be reached: {str(error).strip()}\nCheck postgres.url and the server."
            ) from None
        try:
            connection.set_session(readonly=read_only)
            with connection:
                yield PostgresSession(connection)
        finally:
            connection.close()

    def exists(self) -> bool:
        """True where the ledger is there."""
        return bool(self.rows("select to_regclass('raw.batches') is not null as is_there")[0]["is_there"])

    def damage(self, *, reads_all: bool = False) -> str | None:  # noqa: ARG002
        """Null: a server looks after its own files."""
        return None

    def compact(self) -> None:
        """Nothing: the server's vacuum clears what is no longer there."""

    def set_aside(self) -> str:
        """Nothing is ever damaged here."""
        raise NotImplementedError

    def export(
        self,
        schema: str,
        tables: Mapping[str, Mapping[str, str]],
        folder: Path,
        shown_days: Mapping[str, ShownDays] | None = None,
    ) -> list[ExportedTable]:
        """Write tables to files."""
        queries = {table: f"select * from {schema}.{table}" for table in tables}
        for table, days in (shown_days or {}).items():
            queries[table] += f" where {days.condition}"
        with self._copied_out(queries) as relations, duckdb.connect() as connection:
            return write_published(connection, relations, tables, folder)

    def export_parts(
        self, relation: str, conditions: Mapping[str, str], descriptions: Mapping[str, str], folder: Path
    ) -> list[ExportedMonth]:
        """Write the rows of a relation that meet each condition to a file of their own."""
        queries = {name: f"select * from {relation} where {condition}" for name, condition in conditions.items()}
        with self._copied_out(queries) as relations, duckdb.connect() as connection:
            return write_parts(connection, relations, descriptions, folder)

    def copy_raw(self, conditions: Mapping[str, str], path: Path) -> int:
        """Write the rows of each raw table that meet its condition to a new file."""
        queries = {table: f"select * from raw.{table} where {condition}" for table, condition in conditions.items()}
        with self._copied_out(queries) as relations, duckdb.connect(path) as connection:
            return write_raw(connection, relations)

    @contextmanager
    def _copied_out(self, queries: Mapping[str, str]) -> Iterator[dict[str, str]]:
        """What DuckDB can read for the rows of each query: out by COPY, and in under the types that they have here."""
        with tempfile.TemporaryDirectory() as copies:
            relations = {}
            with self.session(read_only=True) as session:
                for name, query in queries.items():
                    columns = ", ".join(
                        f"{text_literal(column)}: {text_literal(kind)}" for column, kind in session.types(query)
                    )
                    copy = Path(copies) / f"{name}.csv"
                    session.copied_out(query, copy)
                    relations[name] = (
                        f"read_csv({text_literal(str(copy))}, columns = {{{columns}}}, header = false, "
                        f"allow_quoted_nulls = false, auto_detect = false, quote = '\"', escape = '\"', delim = ',', "
                        f"max_line_size = {LONGEST_ROW_BYTES})"
                    )
            yield relations

    def publish(
        self, publish_id: str, schema: str, tables: Sequence[str], shown_days: Mapping[str, ShownDays] | None = None
    ) -> None:
        """Bring the published tables to the state of these in one transaction, and let the reader role see them."""

        def relation(session: PostgresSession, table: str) -> str:
            days = (shown_days or {}).get(table)
            if days is None:
                return f"{schema}.{table}"
            shown = f"shown_{table}"
            session.run(f"create temporary view {shown} as select * from {schema}.{table} where {days.condition}")
            return shown

        self._publish(publish_id, tables, relation)

    def publish_files(self, publish_id: str, tables: Sequence[str], parquet_dir: Path) -> None:
        """The same from an earlier set's files."""
        self._publish(
            publish_id,
            tables,
            lambda session, table: session.landed(parquet_dir / f"{table}.parquet", f"former_{table}"),
        )

    def _publish(self, publish_id: str, tables: Sequence[str], relation: Callable[[PostgresSession, str], str]) -> None:
        """Only rows that differ are written, and in place: a statement, and a transaction at repeatable read, sees the
        rows of one set, and waits for nothing. Schemas swapped by renaming were looked up name by name."""
        with self.session() as session:
            self._require_role(session)
            session.run(f"create schema if not exists {PUBLISHED}")
            if session.all(
                f"select 1 from pg_namespace where nspname = '{PUBLISHED}' "
                f"and obj_description(oid, 'pg_namespace') = {text_literal(publish_id)}"
            ):
                return
            for table in tables:
                _bring_to_state(session, f"{PUBLISHED}.{table}", relation(session, table))
            listed = ", ".join(map(text_literal, tables))
            for (gone,) in session.all(
                f"select tablename from pg_tables where schemaname = '{PUBLISHED}' and tablename not in ({listed})"
            ):
                session.run(f"drop table {PUBLISHED}.{gone}")
            session.run(f"comment on schema {PUBLISHED} is {text_literal(publish_id)}")
            session.run(f"grant usage on schema {PUBLISHED} to {session.quoted(self._reader_role)}")
            session.run(f"grant select on all tables in schema {PUBLISHED} to {session.quoted(self._reader_role)}")

    def _require_role(self, session: PostgresSession) -> None:
        if session.all(f"select 1 from pg_roles where rolname = {text_literal(self._reader_role)}"):
            return
        try:
            session.run(f"create role {session.quoted(self._reader_role)} nologin")
        except psycopg2.errors.InsufficientPrivilege:
            raise WarehouseError(
                f"The role {self._reader_role} does not exist and this user may not create it. "
                f"Let an administrator run `create role {self._reader_role}`, or name another in postgres.reader_role."
            ) from None


def _bring_to_state(session: PostgresSession, table: str, wanted: str) -> None:
    """Delete the rows that are not wanted and insert those that are missing; a table of other columns is made anew."""
    columns = session.types(f"select * from {wanted}")
    if not session.all(f"select 1 where to_regclass('{table}') is not null"):
        session.run(f"create table {table} as select * from {wanted}")
        return
    if session.types(f"select * from {table}") != columns:
        session.run(f"drop table {table}")
        session.run(f"create table {table} as select * from {wanted}")
        return
    session.run(f"delete from {table} as these where {_has_no_equal('these', wanted)}")
    session.run(f"insert into {table} select these.* from {wanted} as these where {_has_no_equal('these', table)}")
    session.run(f"analyze {table}")


def _has_no_equal(row: str, table: str) -> str:
    return f"not exists (select 1 from {table} as those where cast(those as text) = cast({row} as text))"
