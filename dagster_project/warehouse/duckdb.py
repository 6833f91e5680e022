"""DuckDB: one build file that runs write, and published files that readers open."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.contract import Entity, input_contract
from dagster_project.sources.file_mapping import text_literal
from dagster_project.sources.landing import LandedBatch
from dagster_project.warehouse.interface import Build, ExportedTable, LoadResult, WarehouseError
from dagster_project.warehouse.raw_tables import LEDGER_TABLES, raw_columns

# Readers as old as 1.5 open what we publish; 2.0's own format they cannot.
PUBLISHED_STORAGE_VERSION = "v1.5.0"
# A key that was seen within so many days of arrival is the same event, delivered again.
EVENT_ARRIVAL_DAYS = 30


class DuckDBWarehouse:
    """The build file; each call opens it, does one thing and closes it, so that no lock outlives a step."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def _connection(self, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            connection = duckdb.connect(self.path, read_only=read_only)
        except duckdb.IOException as error:
            raise WarehouseError(
                f"{self.path} cannot be opened: {error}\nIs another run still working? Wait for it, or stop it."
            ) from error
        try:
            connection.execute("set TimeZone = 'UTC'")
            yield connection
        finally:
            connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._connection() as connection:
            connection.begin()
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    def prepare(self, source_types: Sequence[str]) -> None:
        """Create what is absent; add the columns that the contract has gained."""
        wanted = {name: dict(columns) for name, columns in LEDGER_TABLES.items()} | {
            f"{source_type}_{entity.name}": raw_columns(entity)
            for source_type in source_types
            for entity in input_contract().values()
        }
        with self._transaction() as connection:
            connection.execute("create schema if not exists raw")
            found: dict[str, set[str]] = {}
            for table, column in connection.execute(
                "select table_name, column_name from duckdb_columns() where schema_name = 'raw'"
            ).fetchall():
                found.setdefault(table, set()).add(column)
            for table, columns in wanted.items():
                _create_or_widen(connection, table, columns, found.get(table))

    def files_known(self, source_name: str, entity: str) -> set[str]:
        """Fingerprints of the files that were loaded before."""
        found = self.rows(
            "select fingerprint from raw.batch_files where source_name = ? and entity = ?", [source_name, entity]
        )
        return {row["fingerprint"] for row in found}

    def load(
        self, batch: LandedBatch, loaded_at: datetime, earliest_known_at: datetime, *, is_pinned: bool
    ) -> LoadResult:
        """Move a landed batch into raw in one transaction."""
        entity = input_contract()[batch.entity]
        with self._transaction() as connection:
            seen = _one(connection, "select count(*) from raw.batches where load_id = ?", [batch.load_id])
            if seen:
                raise WarehouseError(f"The batch {batch.load_id} is in raw already.")
            number = _one(connection, "select coalesce(max(load_number), 0) + 1 from raw.batches")
            is_first = not _one(
                connection,
                "select count(*) from raw.batches where source_name = ? and entity = ?",
                [batch.source_name, batch.entity],
            )
            _stage_incoming(
                connection, batch, entity, loaded_at, earliest_known_at, takes_source_time=is_first or is_pinned
            )
            judge = _judge_versions if entity.kind == "versions" else _judge_events
            judge(connection, batch, loaded_at)
            _append(connection, batch, entity, number, loaded_at)
            return _record(connection, batch, entity, number, loaded_at)

    def last_build(self) -> Build | None:
        """The newest finished build."""
        found = self.rows(
            "select build_id, from_date, to_date, as_of_date, last_load_number from raw.builds "
            "order by build_number desc limit 1"
        )
        return Build(**found[0]) if found else None

    def earliest_change_since(self, build: Build | None) -> date | None:
        """The earliest UTC date that rows loaded since a build speak of."""
        found = self.rows(
            "select min(earliest_change_date) as earliest from raw.batches where load_number > ? and rows_loaded > 0",
            [build.last_load_number if build else 0],
        )
        earliest: date | None = found[0]["earliest"]
        return earliest

    def record_build(self, build: Build) -> None:
        """Note that a build has finished."""
        with self._transaction() as connection:
            connection.execute(
                "insert into raw.builds select coalesce(max(build_number), 0) + 1, ?, ?, ?, ?, ? from raw.builds",
                [build.build_id, build.from_date, build.to_date, build.as_of_date, build.last_load_number],
            )

    def last_load_number(self) -> int:
        """Number of the newest batch; 0 where there is none."""
        return int(self.rows("select coalesce(max(load_number), 0) as number from raw.batches")[0]["number"])

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Result of a query as dictionaries, read only."""
        with self._connection(read_only=True) as connection:
            result = connection.execute(query, list(parameters))
            names = [column[0] for column in result.description or []]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def export(self, schema: str, tables: Sequence[str], folder: Path) -> list[ExportedTable]:
        """Write tables to a file that older readers can open, and to Parquet beside it."""
        (folder / "parquet").mkdir(parents=True, exist_ok=True)
        target = folder / "marts.duckdb"
        # A file that is open for reading only takes no second one to write, so both hang on an empty database.
        with duckdb.connect() as connection:
            connection.execute(f"attach {text_literal(str(self.path))} as built (read_only)")
            connection.execute(
                f"attach {text_literal(str(target))} as published (storage_version '{PUBLISHED_STORAGE_VERSION}')"
            )
            exported = [_export_table(connection, schema, table, folder) for table in tables]
            connection.execute("checkpoint published")
            connection.execute("detach published")
        if target.with_suffix(".duckdb.wal").exists():
            raise WarehouseError(f"{target} was left with an open log; it is not complete.")
        return exported


def _one(connection: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[Any] = ()) -> Any:
    row = connection.execute(query, list(parameters)).fetchone()
    return row[0] if row else None


def _create_or_widen(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str], found: set[str] | None
) -> None:
    if found is None:
        listed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        connection.execute(f"create table raw.{table} ({listed})")
        return
    for name, kind in columns.items():
        if name not in found:
            connection.execute(f"alter table raw.{table} add column {name} {kind}")


def _stage_incoming(
    connection: duckdb.DuckDBPyConnection,
    batch: LandedBatch,
    entity: Entity,
    loaded_at: datetime,
    earliest_known_at: datetime,
    *,
    takes_source_time: bool,
) -> None:
    """The landed rows with the time at which each could have been known, written once and for ever."""
    if takes_source_time:
        own = f"_source_time + to_seconds({float(batch.source_delay_hours) * 3600})"
        known_at = f"coalesce({own}, {entity.event_time or '$assumed'})"
        reconstructed = f"{batch.is_reconstructed} or _source_time is null"
    else:
        known_at, reconstructed = "$loaded_at", "false"
    parameters: dict[str, Any] = {"path": str(batch.rows_path)}
    if "$assumed" in known_at:
        parameters["assumed"] = earliest_known_at
    if "$loaded_at" in known_at:
        parameters["loaded_at"] = loaded_at
    connection.execute(
        f"create or replace temp table incoming as select *, cast({known_at} as timestamp) as _known_at, "
        f"{reconstructed} as _is_reconstructed from read_parquet($path)",
        parameters,
    )


def _judge_versions(connection: duckdb.DuckDBPyConnection, batch: LandedBatch, loaded_at: datetime) -> None:  # noqa: ARG001
    """Decide for each incoming row whether it is a new version of its record.

    Where one key comes twice for one moment, the later row stands and the earlier is rejected. A row older than
    the newest that is held was superseded before it came, and is no predecessor of the rows that came with it.
    """
    connection.execute(
        """
        create or replace temp table judged as
        with held as (
            select record_key, row_hash, source_time from raw.current_rows where table_name = $table_name
        ),
        ranked as (
            select
                *,
                first_value(_row_hash) over same_moment as _standing_hash,
                first_value(_source_time) over same_moment as _standing_time,
                row_number() over same_moment as _rank_in_moment
            from incoming
            window same_moment as (
                partition by _record_key, _known_at order by _source_time desc nulls last, _row_number desc
            )
        ),
        standing as (
            select
                ranked._row_number,
                case
                    when ranked._source_time < held.source_time then 'superseded'
                    when ranked._row_hash is not distinct from coalesce(
                        lag(ranked._row_hash) over (
                            partition by ranked._record_key, coalesce(ranked._source_time < held.source_time, false)
                            order by ranked._known_at
                        ),
                        held.row_hash
                    ) then 'unchanged'
                    else 'loaded'
                end as outcome
            from ranked
            left join held on ranked._record_key = held.record_key
            where ranked._rank_in_moment = 1
        )
        select
            ranked.* exclude (_standing_hash, _standing_time, _rank_in_moment),
            case
                when ranked._rank_in_moment = 1 then standing.outcome
                when ranked._row_hash = ranked._standing_hash then 'unchanged'
                when ranked._source_time < ranked._standing_time then 'superseded'
                else 'repeated_key'
            end as _outcome
        from ranked
        left join standing on ranked._row_number = standing._row_number
        """,
        {"table_name": batch.table_name},
    )


def _judge_events(connection: duckdb.DuckDBPyConnection, batch: LandedBatch, loaded_at: datetime) -> None:
    """Decide for each incoming event whether it is new; only recent arrivals are searched, never all of raw.

    Most keys come once, so that only those that come again are put in order.
    """
    connection.execute(
        f"""
        create or replace temp table judged as
        with recent as (
            select _record_key, _row_hash from raw.{batch.table_name}
            where _loaded_at >= cast($loaded_at as timestamp) - to_days({EVENT_ARRIVAL_DAYS})
        ),
        repeated as (select _record_key from incoming group by _record_key having count(*) > 1),
        ranked as (
            select
                _row_number,
                first_value(_row_hash) over one_key as first_hash,
                row_number() over one_key as rank_in_batch
            from incoming
            where _record_key in (select _record_key from repeated)
            window one_key as (partition by _record_key order by _row_number)
        )
        select
            incoming.*,
            case
                when coalesce(recent._row_hash, ranked.first_hash, incoming._row_hash) <> incoming._row_hash
                    then 'event_changed'
                when recent._record_key is not null or ranked.rank_in_batch > 1 then 'unchanged'
                else 'loaded'
            end as _outcome
        from incoming
        left join ranked on incoming._row_number = ranked._row_number
        left join recent on incoming._record_key = recent._record_key
        """,
        {"loaded_at": loaded_at},
    )


def _append(
    connection: duckdb.DuckDBPyConnection, batch: LandedBatch, entity: Entity, number: int, loaded_at: datetime
) -> None:
    columns = list(raw_columns(entity))
    given = {"_source_name": "$source_name", "_load_number": "$number", "_loaded_at": "$loaded_at"}
    connection.execute(
        f"insert into raw.{batch.table_name} ({', '.join(columns)}) "
        f"select {', '.join(given.get(name, name) for name in columns)} from judged where _outcome = 'loaded' "
        f"order by _known_at, _row_number",
        {"source_name": batch.source_name, "number": number, "loaded_at": loaded_at},
    )
    if entity.kind == "versions":
        connection.execute(
            "create or replace temp table newest as select _record_key, arg_max(_row_hash, _known_at) as row_hash, "
            "max(_source_time) as source_time from judged where _outcome = 'loaded' group by _record_key"
        )
        connection.execute(
            "delete from raw.current_rows where table_name = ? and record_key in (select _record_key from newest)",
            [batch.table_name],
        )
        connection.execute(
            "insert into raw.current_rows select ?, _record_key, row_hash, source_time from newest", [batch.table_name]
        )


def _record(
    connection: duckdb.DuckDBPyConnection, batch: LandedBatch, entity: Entity, number: int, loaded_at: datetime
) -> LoadResult:
    """Write the ledger: counts, files, columns fed, and every rejected row with its reason."""
    outcomes: dict[str, int] = dict(
        connection.execute("select _outcome, count(*) from judged group by _outcome").fetchall()
    )
    rejected_here = outcomes.get("repeated_key", 0) + outcomes.get("event_changed", 0)
    result = LoadResult(
        rows_read=batch.rows_read,
        rows_filtered=batch.rows_filtered,
        rows_loaded=outcomes.get("loaded", 0),
        rows_unchanged=outcomes.get("unchanged", 0),
        rows_superseded=outcomes.get("superseded", 0),
        rows_rejected=batch.rows_rejected + rejected_here,
    )
    event_date = f"cast({entity.event_time} as date)" if entity.event_time else "cast(_known_at as date)"
    earliest = _one(
        connection,
        f"select min(least({event_date}, cast(_known_at as date))) from judged where _outcome = 'loaded'",
    )
    connection.execute(
        f"insert into raw.batches values ({', '.join('?' * len(LEDGER_TABLES['batches']))})",
        [
            number, batch.load_id, batch.source_name, batch.source_type, batch.entity, result.rows_read,
            result.rows_filtered, result.rows_loaded, result.rows_unchanged, result.rows_superseded,
            result.rows_rejected, earliest, loaded_at,
        ],
    )  # fmt: skip
    connection.executemany(
        "insert into raw.batch_files values (?, ?, ?, ?, ?, ?)",
        [(number, batch.source_name, batch.entity, f.path, f.fingerprint, f.size_bytes) for f in batch.files],
    )
    connection.execute(
        "insert into raw.fed_columns select $source, $entity, told.name, $number "
        "from (select unnest(cast($names as text[])) as name) as told "
        "where not exists (select 1 from raw.fed_columns as f "
        "where f.source_name = $source and f.entity = $entity and f.column_name = told.name)",
        {"source": batch.source_name, "entity": batch.entity, "number": number, "names": list(batch.fed_columns)},
    )
    connection.execute(
        "insert into raw.rejected_rows select $number, $source, $entity, file_path, row_number, column_name, reason, "
        "value, source_row, $loaded_at from read_parquet($path)",
        {
            "number": number,
            "source": batch.source_name,
            "entity": batch.entity,
            "loaded_at": loaded_at,
            "path": str(batch.rejected_path),
        },
    )
    connection.execute(
        "insert into raw.rejected_rows select $number, $source, $entity, null, _row_number, null, _outcome, "
        "_record_key, cast(to_json(judged) as varchar), $loaded_at from judged "
        "where _outcome in ('repeated_key', 'event_changed')",
        {"number": number, "source": batch.source_name, "entity": batch.entity, "loaded_at": loaded_at},
    )
    return result


def _export_table(connection: duckdb.DuckDBPyConnection, schema: str, table: str, folder: Path) -> ExportedTable:
    parquet = text_literal(str(folder / "parquet" / f"{table}.parquet"))
    connection.execute(f"create table published.main.{table} as select * from built.{schema}.{table} order by all")
    connection.execute(f"copy published.main.{table} to {parquet} (format parquet, compression zstd)")
    columns = connection.execute(f"describe published.main.{table}").fetchall()
    counted = connection.execute(
        f"select count(*), coalesce(bit_xor(hash(t)), 0), coalesce(sum(hash(t)), 0) from published.main.{table} as t"
    ).fetchone()
    count, xor, total = counted or (0, 0, 0)
    return ExportedTable(
        name=table,
        row_count=count,
        fingerprint=f"{count:x}-{xor:016x}-{total:x}",
        columns={row[0]: row[1] for row in columns},
    )
