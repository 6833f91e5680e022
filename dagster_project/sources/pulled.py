"""Pages of a vendor on disk: written as they come, then brought into the order of time by one DuckDB statement each.

`pulled.parquet` has one row per record read, `changes.parquet` one per change of a field, all as text;
`versions.parquet` is what the mapping to the input contract reads.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.sources.file_mapping import IS_RECONSTRUCTED, OTHER_FIELDS, quoted, text_literal
from dagster_project.sources.vendor import Page, Record, TimeFormat, VendorTable, value_at
from dagster_project.warehouse.memory import memory_limit

KNOWN_AT = "_known_at"
CHANGE_COLUMNS = ("record_id", "field", "old_value", "changed_at")


class PageFiles:
    """The pages of one pull in a folder; memory is that of a page. Use it as a context manager."""

    def __init__(self, folder: Path, table: VendorTable) -> None:
        self.folder, self._table = folder, table
        self.row_count = self.change_count = 0
        self.removals: dict[str, datetime | None] = {}
        self._paths = {name: name.split(".") for name in table.fields}
        self._never_seen = set(table.fields)
        self._used = {path[0] for path in self._paths.values()}
        self._stack = ExitStack()
        self._writers: dict[str, pq.ParquetWriter] = {}

    def __enter__(self) -> "PageFiles":
        self.folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        if "pulled" not in self._writers:
            columns = [*self._paths, OTHER_FIELDS]
            self._write("pulled", columns, [[] for _ in columns])
        self._stack.close()

    def append(self, page: Page) -> None:
        """Write a page behind those already written."""
        if page.rows:
            names = [*self._paths, OTHER_FIELDS]
            columns = [[as_text(value_at(row, path)) for row in page.rows] for path in self._paths.values()]
            columns.append([self._others(row) for row in page.rows])
            self._write("pulled", names, columns)
            self._note_seen(page.rows)
            self.row_count += len(page.rows)
        if page.changes:
            told = [[as_text(value) for value in values] for values in zip(*page.changes, strict=True)]
            self._write("changes", CHANGE_COLUMNS, told)
            self.change_count += len(page.changes)
        self.removals.update(page.removed)

    @property
    def vanished_fields(self) -> list[str]:
        """Fields that no record had, not even empty."""
        return sorted(self._never_seen) if self.row_count and not self._table.omits_empty_fields else []

    def _others(self, row: Record) -> str | None:
        left = {name: value for name, value in row.items() if name not in self._used and value is not None}
        return orjson.dumps(left, option=orjson.OPT_SORT_KEYS).decode() if left else None

    def _note_seen(self, rows: Sequence[Record]) -> None:
        for name in list(self._never_seen):
            path = self._paths[name]
            if any(_has(row, path) for row in rows):
                self._never_seen.discard(name)

    def _write(self, name: str, columns: Sequence[str], values: list[list[str | None]]) -> None:
        schema = pa.schema([(column, pa.string()) for column in columns])
        if name not in self._writers:
            path = self.folder / f"{name}.parquet"
            self._writers[name] = self._stack.enter_context(pq.ParquetWriter(path, schema, compression="zstd"))
        self._writers[name].write_table(pa.table([pa.array(each, pa.string()) for each in values], schema))


def as_text(value: Any) -> str | None:
    """A value of JSON as text; what is no plain value stays JSON."""
    if value is None or isinstance(value, str):
        return value
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, int):
        return str(value)
    return orjson.dumps(value).decode()


def _has(row: Record, path: Sequence[str]) -> bool:
    found: Any = row
    for part in path:
        if not isinstance(found, dict):
            # Inside a list, or under an object that is empty here, nothing can be told.
            return True
        if part not in found:
            return False
        found = found[part]
    return True


def newest_moment(folder: Path, table: VendorTable) -> datetime | None:
    """The newest time of change among the records read."""
    if table.modified_at is None:
        return None
    moment = moment_sql(quoted(table.modified_at), table.time_format)
    with _connection(folder) as connection:
        [(newest,)] = connection.execute(f"select max({moment}) from {_read(folder, 'pulled')}").fetchall()
        return newest if newest is None or isinstance(newest, datetime) else None


def write_versions(
    files: PageFiles, table: VendorTable, since: datetime | None, started: datetime | None, *, is_first: bool
) -> Path:
    """Write the rows with the time at which each could be known and whether it was told for a time before.

    Without a history, what is read stands for the record since its last change; at the first pull of a table since its
    creation, marked as reconstructed. With one, each former state is a row of its own. A record that tells no time at
    all is as of the moment at which the pull began (`started`).
    """
    path = files.folder / "versions.parquet"
    modified, created = (_moment_of(table, name) for name in (table.modified_at, table.created_at))
    if table.modified_at is None and table.created_at is None and started and not is_first:
        modified = f"timestamp '{started.isoformat(sep=' ')}'"
    with _connection(files.folder) as connection:
        connection.execute(
            f"create table pulled as select *, row_number() over () as _place, {created} as _created_at, "
            f"coalesce({modified}, {created}) as _modified_at from {_read(files.folder, 'pulled')}"
        )
        query = _states_sql(is_first=is_first)
        if table.has_history or files.change_count:
            _read_changes(connection, files, table, since, is_first=is_first)
            query = _versions_sql(table, since, is_first=is_first)
        connection.execute(f"copy ({query}) to {text_literal(str(path))} (format parquet)")
    return path


def _states_sql(*, is_first: bool) -> str:
    known = "coalesce(_created_at, _modified_at)" if is_first else "_modified_at"
    reconstructed = "coalesce(_created_at < _modified_at, false)" if is_first else "false"
    return (
        f"select * exclude (_place, _created_at, _modified_at), {_in_utc(known)} as {KNOWN_AT}, "
        f"{reconstructed} as {IS_RECONSTRUCTED} from pulled order by _place"
    )


def _read_changes(
    connection: duckdb.DuckDBPyConnection,
    files: PageFiles,
    table: VendorTable,
    since: datetime | None,
    *,
    is_first: bool,
) -> None:
    """The changes of the records read; of several of one field at one moment, the one that came first."""
    source = "select null::text as record_id, null::text as field, null::text as old_value, null::text as changed_at"
    source = f"select * from {_read(files.folder, 'changes')}" if files.change_count else f"{source} where false"
    later = "" if is_first or since is None else f"where changed_at >= timestamp '{since.isoformat(sep=' ')}'"
    connection.execute(
        f"""
        create table changes as
        with told as (
            select
                * replace ({moment_sql("changed_at", table.time_format)} as changed_at),
                row_number() over () as place
            from ({source})
        )
        select * from told {later}
        qualify row_number() over (partition by record_id, field, changed_at order by place) = 1
        """
    )


def _versions_sql(table: VendorTable, since: datetime | None, *, is_first: bool) -> str:
    """Former states: a field's value at a moment is the old value of its first change after it, or today's."""
    key = quoted(table.key)
    # A record that came to be since the last pull has its first state in this one.
    begins = "_created_at is not null" if is_first else "false"
    if since and not is_first:
        begins = f"_created_at >= timestamp '{since.isoformat(sep=' ')}'"
    created = f"union select {key}, _created_at from newest where {begins}"
    fields = [*(name for name in table.fields if name != table.key), OTHER_FIELDS]
    values = ", ".join(
        f"case when c{n}.record_id is null then newest.{quoted(name)} else c{n}.old_value end as {quoted(name)}"
        for n, name in enumerate(fields)
    )
    joins = " ".join(
        f"asof left join (select * from changes where field = {text_literal(name)}) as c{n} "
        f"on moments.record_id = c{n}.record_id and moments.valid_from < c{n}.changed_at"
        for n, name in enumerate(fields)
    )
    return f"""
        with newest as (
            select * from pulled where {key} is not null
            qualify row_number() over (partition by {key} order by _modified_at desc nulls last, _place desc) = 1
        ),
        moments as (
            select {key} as record_id, _modified_at as valid_from from newest
            union
            select changes.record_id, changes.changed_at from changes
            inner join newest on changes.record_id = newest.{key} and changes.changed_at <= newest._modified_at
            {created}
        ),
        last_told as (select record_id, max(changed_at) as changed_at from changes group by record_id)
        select * exclude (_place) from (
        select
            newest._place, newest.{key}, {values}, {_in_utc("moments.valid_from")} as {KNOWN_AT},
            -- A change that no history tells of may have been of any field.
            moments.valid_from < newest._modified_at
                and coalesce(last_told.changed_at < newest._modified_at, true) as {IS_RECONSTRUCTED}
        from moments
        inner join newest on moments.record_id = newest.{key}
        left join last_told on moments.record_id = last_told.record_id
        {joins}
        union all
        -- A record without a key has one state, and is rejected where it lands.
        select _place, {key}, {", ".join(map(quoted, fields))}, {_in_utc("_modified_at")}, false
        from pulled where {key} is null
        ) as states
        order by _place, {KNOWN_AT}
    """


def _in_utc(moment: str) -> str:
    """With its zone: the mapping reads times that name none in the zone of the table."""
    return f"timezone('UTC', {moment})"


def _moment_of(table: VendorTable, name: str | None) -> str:
    return "cast(null as timestamp)" if name is None else moment_sql(quoted(name), table.time_format)


def landed_keys(rows_path: Path, source_name: str) -> frozenset[str]:
    """Keys of the landed rows, without the source's name."""
    keys = pq.read_table(rows_path, columns=["_record_key"])["_record_key"].to_pylist()
    return frozenset(str(key).removeprefix(f"{source_name}:") for key in keys)


def moment_sql(text: str, time_format: TimeFormat) -> str:
    """A text of the vendor as a UTC timestamp; null where it is none."""
    if time_format == "iso":
        return f"timezone('UTC', try_cast({text} as timestamptz))"
    factor = {"epoch_seconds": 1_000_000, "epoch_milliseconds": 1_000}[time_format]
    return f"make_timestamp(cast(try_cast({text} as double) * {factor} as bigint))"


def _read(folder: Path, name: str) -> str:
    return f"read_parquet({text_literal(str(folder / f'{name}.parquet'))})"


def _connection(folder: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set preserve_insertion_order = true")
    connection.execute(f"set memory_limit = {text_literal(memory_limit())}")
    connection.execute(f"set temp_directory = {text_literal(str(folder / '.spill'))}")
    return connection
