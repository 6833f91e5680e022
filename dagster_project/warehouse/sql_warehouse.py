"""What every engine does in the same SQL: raw tables, the ledger, and which landed rows are new."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

from dagster_project.contract import Entity, input_contract
from dagster_project.sources.file_mapping import text_literal
from dagster_project.sources.landing import LandedBatch
from dagster_project.warehouse.interface import (
    Build,
    ConfigurationVersion,
    ExportedTable,
    LoadResult,
    WarehouseError,
)
from dagster_project.warehouse.raw_tables import FACT_TABLES, LEDGER_TABLES, raw_columns

# A key that was seen within so many days of arrival is the same event, delivered again.
EVENT_ARRIVAL_DAYS = 30
SECONDS_PER_HOUR = 3600


class Session(Protocol):
    """One open transaction of an engine. What a call makes as a temporary table lasts until the session ends."""

    def run(self, sql: str) -> None:
        """Execute a statement."""

    def all(self, sql: str) -> list[tuple[Any, ...]]:
        """Every row of a query."""

    def dictionaries(self, sql: str) -> list[dict[str, Any]]:
        """Every row of a query by column name."""

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Append rows, their values bound as parameters."""

    def landed(self, path: Path, name: str) -> str:
        """A relation with the rows of a landed Parquet file; `name` is free for a temporary table."""


class SqlWarehouse(ABC):
    """A warehouse whose engine speaks the SQL that DuckDB and Postgres share."""

    views_outlive_their_tables: bool

    @abstractmethod
    def session(self, *, read_only: bool = False) -> AbstractContextManager[Session]:
        """A transaction: committed at the end, rolled back where anything is raised.

        Raises:
            WarehouseError: the engine cannot be opened.
        """

    @abstractmethod
    def exists(self) -> bool:
        """True where there is a warehouse to read from."""

    @abstractmethod
    def damage(self, *, reads_all: bool = False) -> str | None:
        """What is wrong with the stored data, where it cannot be read; with `reads_all` all of it is tried."""

    @abstractmethod
    def compact(self) -> None:
        """Leave nothing of what was deleted or overwritten in the stored data."""

    @abstractmethod
    def set_aside(self) -> str:
        """Move damaged data out of the way, so that it is built anew; where it lies now."""

    @abstractmethod
    def export(self, schema: str, tables: Mapping[str, Mapping[str, str]], folder: Path) -> list[ExportedTable]:
        """Write tables to `folder/marts.duckdb` (schema `main`) and `folder/parquet/<table>.parquet`."""

    @abstractmethod
    def copy_raw(self, conditions: Mapping[str, str], path: Path) -> int:
        """Write the rows of each raw table that meet its condition to a new DuckDB file; the number of rows."""

    @abstractmethod
    def publish_files(self, publish_id: str, tables: Sequence[str], parquet_dir: Path) -> None:
        """Show an earlier set's tables to readers within the engine, from its Parquet files."""

    @abstractmethod
    def publish(self, publish_id: str, schema: str, tables: Sequence[str]) -> None:
        """Show tables to readers within the engine, where they read there and not in the published files."""

    def prepare(self, source_types: Sequence[str]) -> None:
        """Create what is absent; add the columns that the contract has gained."""
        wanted = {name: dict(columns) for name, columns in (LEDGER_TABLES | FACT_TABLES).items()} | {
            f"{source_type}_{entity.name}": raw_columns(entity)
            for source_type in source_types
            for entity in input_contract().values()
        }
        with self.session() as session:
            session.run("create schema if not exists raw")
            found: dict[str, set[str]] = {}
            for table, column in session.all(
                "select table_name, column_name from information_schema.columns where table_schema = 'raw'"
            ):
                found.setdefault(table, set()).add(column)
            for table, columns in wanted.items():
                _create_or_widen(session, table, columns, found.get(table))

    def files_known(self, source_name: str, entity: str) -> set[str]:
        """Fingerprints of the files that were loaded before."""
        found = self.rows(
            f"select fingerprint from raw.batch_files where source_name = {text_literal(source_name)} "
            f"and entity = {text_literal(entity)}"
        )
        return {row["fingerprint"] for row in found}

    def loaded_ids(self) -> set[str]:
        """Ids of the batches that raw holds."""
        return {row["load_id"] for row in self.rows("select load_id from raw.batches")}

    def fact_ids(self, table: str) -> set[str]:
        """Ids of the facts that a table of facts holds."""
        return {row["fact_id"] for row in self.rows(f"select distinct fact_id from raw.{table}")}

    def keep_fact(self, table: str, fact_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Append the rows of one fact; columns that a row leaves out stay null."""
        columns = [name for name in FACT_TABLES[table] if name != "fact_id"]
        with self.session() as session:
            session.insert(
                f"raw.{table}",
                [*columns, "fact_id"],
                [[*(row.get(name) for name in columns), fact_id] for row in rows],
            )

    def forget(self, table: str, entity: Entity, source_name: str, person_ids: Sequence[str], pseudonym: str) -> int:
        """Give a source's persons a pseudonym in a raw table and take their words and names out; rows changed."""
        source, name = text_literal(source_name), text_literal(pseudonym)
        ids = ", ".join(map(text_literal, person_ids))
        with self.session() as session:
            # A rejected row is kept as JSON text, in which the key is a value.
            for each in person_ids:
                as_value = text_literal(f"%{json.dumps(each, ensure_ascii=False)}%".replace("_", "\\_"))
                session.run(
                    f"update raw.rejected_rows set value = null, source_row = null where source_name = {source} "
                    f"and (value = {text_literal(each)} or source_row like {as_value} escape '\\')"
                )
            if not entity.person_ids:
                return 0
            condition = (
                f"_source_name = {source} and ({' or '.join(f'{column} in ({ids})' for column in entity.person_ids)})"
            )
            count = int(_one(session, f"select count(*) from raw.{table} where {condition}"))
            changed = {column: f"case when {column} is not null then {name} end" for column in entity.person_ids}
            changed |= {column.name: "null" for column in entity.columns if column.is_personal} | {"_extra": "null"}
            if set(entity.key) & set(entity.person_ids):
                new_key = text_literal(f"{source_name}:{pseudonym}")
                changed["_record_key"] = new_key
                keys = ", ".join(text_literal(f"{source_name}:{each}") for each in person_ids)
                session.run(
                    f"update raw.current_rows set record_key = {new_key} "
                    f"where table_name = {text_literal(table)} and record_key in ({keys})"
                )
            assigned = ", ".join(f"{column} = {value}" for column, value in changed.items())
            session.run(f"update raw.{table} set {assigned} where {condition}")
            return count

    def load(
        self, batch: LandedBatch, loaded_at: datetime, earliest_known_at: datetime, *, is_pinned: bool
    ) -> LoadResult:
        """Move a landed batch into raw in one transaction."""
        entity = input_contract()[batch.entity]
        with self.session() as session:
            if _one(session, f"select count(*) from raw.batches where load_id = {text_literal(batch.load_id)}"):
                raise WarehouseError(f"The batch {batch.load_id} is in raw already.")
            number = _one(session, "select coalesce(max(load_number), 0) + 1 from raw.batches")
            is_first = not _one(
                session,
                f"select count(*) from raw.batches where source_name = {text_literal(batch.source_name)} "
                f"and entity = {text_literal(batch.entity)}",
            )
            _stage_incoming(
                session, batch, entity, loaded_at, earliest_known_at, takes_source_time=is_first or is_pinned
            )
            judge = _judge_versions if entity.kind == "versions" else _judge_events
            judge(session, batch, loaded_at)
            _append(session, batch, entity, number, loaded_at)
            return _record(session, batch, entity, number, loaded_at)

    def last_build(self) -> Build | None:
        """The newest finished build."""
        return self._newest_build("true")

    def last_build_of(self, day: date) -> Build | None:
        """The newest finished build that covered a day."""
        return self._newest_build(f"{_date(day)} between from_date and to_date")

    def _newest_build(self, condition: str) -> Build | None:
        found = self.rows(
            f"select build_id, from_date, to_date, as_of_date, last_load_number, "
            f"coalesce(models_version, '') as models_version from raw.builds where {condition} "
            f"order by build_number desc limit 1"
        )
        return Build(**found[0]) if found else None

    def configuration_on(self, day: date) -> list[ConfigurationVersion]:
        """The version of each seed that counts on a day."""
        found = self.rows(
            f"select seed_name, counts_from_date, content from (select v.*, row_number() over "
            f"(partition by seed_name order by version_number desc) as rank_of_version "
            f"from raw.configuration_versions as v where counts_from_date <= {_date(day)}) as ranked "
            f"where rank_of_version = 1 order by seed_name"
        )
        return [ConfigurationVersion(**row) for row in found]

    def copy_known(self, known_before: datetime, last_load_number: int, path: Path) -> int:
        """Write what was known before a moment, as far as it had been loaded, to a new DuckDB file."""
        with self.session(read_only=True) as session:
            tables = [
                str(name)
                for (name,) in session.all(
                    "select table_name from information_schema.tables where table_schema = 'raw' order by table_name"
                )
            ]
        known = f"_known_at < {_timestamp(known_before)} and _load_number <= {last_load_number}"
        conditions = {table: "false" if table in LEDGER_TABLES | FACT_TABLES else known for table in tables}
        conditions["fed_columns"] = f"first_load_number <= {last_load_number}"
        conditions["source_states"] = f"since_at < {_timestamp(known_before)}"
        return self.copy_raw(conditions, path)

    def earliest_change_since(self, build: Build | None) -> date | None:
        """The earliest UTC date that rows loaded since a build speak of."""
        found = self.rows(
            f"select min(earliest_change_date) as earliest from raw.batches "
            f"where load_number > {build.last_load_number if build else 0} and rows_loaded > 0"
        )
        earliest: date | None = found[0]["earliest"]
        return earliest

    def record_build(self, build: Build) -> None:
        """Note that a build has finished."""
        with self.session() as session:
            session.run(
                f"insert into raw.builds (build_number, build_id, from_date, to_date, as_of_date, last_load_number, "
                f"models_version) select coalesce(max(build_number), 0) + 1, {text_literal(build.build_id)}, "
                f"{_date(build.from_date)}, {_date(build.to_date)}, {_date(build.as_of_date)}, "
                f"{build.last_load_number}, {text_literal(build.models_version)} from raw.builds"
            )

    def last_load_number(self) -> int:
        """Number of the newest batch; 0 where there is none."""
        return int(self.rows("select coalesce(max(load_number), 0) as number from raw.batches")[0]["number"])

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Result of a query as dictionaries, read only."""
        with self.session(read_only=True) as session:
            return session.dictionaries(query)


def fetched_dictionaries(cursor: Any) -> list[dict[str, Any]]:
    """Every row that a DB-API cursor still holds, by column name."""
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _one(session: Session, query: str) -> Any:
    rows = session.all(query)
    return rows[0][0] if rows else None


def _date(day: date) -> str:
    return f"date '{day.isoformat()}'"


def _timestamp(moment: datetime) -> str:
    return f"cast('{moment.isoformat(sep=' ')}' as timestamp)"


def _create_or_widen(session: Session, table: str, columns: dict[str, str], found: set[str] | None) -> None:
    if found is None:
        listed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        session.run(f"create table raw.{table} ({listed})")
        return
    for name, kind in columns.items():
        if name not in found:
            session.run(f"alter table raw.{table} add column {name} {kind}")


def _stage_incoming(
    session: Session,
    batch: LandedBatch,
    entity: Entity,
    loaded_at: datetime,
    earliest_known_at: datetime,
    *,
    takes_source_time: bool,
) -> None:
    """The landed rows with the time at which each could have been known, written once and for ever."""
    if takes_source_time:
        delay = round(batch.source_delay_hours * SECONDS_PER_HOUR)
        assumed = entity.event_time or _timestamp(earliest_known_at)
        known_at = f"coalesce(_source_time + interval '{delay}' second, {assumed})"
        reconstructed = "true" if batch.is_reconstructed else "_source_time is null"
    else:
        known_at, reconstructed = _timestamp(loaded_at), "false"
    landed = session.landed(batch.rows_path, "landed_rows")
    session.run(
        f"create temporary table incoming as select landed.*, cast({known_at} as timestamp) as _known_at, "
        f"{reconstructed} as _is_reconstructed from {landed} as landed"
    )


def _judge_versions(session: Session, batch: LandedBatch, loaded_at: datetime) -> None:  # noqa: ARG001
    """Decide for each incoming row whether it is a new version of its record.

    Where one key comes twice for one moment, the later row stands and the earlier is rejected. A row older than
    the newest that is held was superseded before it came, and is no predecessor of the rows that came with it.
    """
    session.run(
        f"""
        create temporary table judged as
        with held as (
            select record_key, row_hash, source_time from raw.current_rows
            where table_name = {text_literal(batch.table_name)}
        ),
        ranked as (
            select
                _row_number,
                _record_key,
                _row_hash,
                _source_time,
                _known_at,
                first_value(_row_hash) over same_moment as standing_hash,
                first_value(_source_time) over same_moment as standing_time,
                row_number() over same_moment as rank_in_moment
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
            where ranked.rank_in_moment = 1
        )
        select
            incoming.*,
            case
                when ranked.rank_in_moment = 1 then standing.outcome
                when ranked._row_hash = ranked.standing_hash then 'unchanged'
                when ranked._source_time < ranked.standing_time then 'superseded'
                else 'repeated_key'
            end as _outcome
        from incoming
        inner join ranked on incoming._row_number = ranked._row_number
        left join standing on incoming._row_number = standing._row_number
        """
    )


def _judge_events(session: Session, batch: LandedBatch, loaded_at: datetime) -> None:
    """Decide for each incoming event whether it is new; only recent arrivals are searched, never all of raw.

    Most keys come once, so that only those that come again are put in order.
    """
    session.run(
        f"""
        create temporary table judged as
        with recent as (
            select _record_key, _row_hash from raw.{batch.table_name}
            where _loaded_at >= {_timestamp(loaded_at)} - interval '{EVENT_ARRIVAL_DAYS}' day
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
        """
    )


def _append(session: Session, batch: LandedBatch, entity: Entity, number: int, loaded_at: datetime) -> None:
    columns = list(raw_columns(entity))
    given = {
        "_source_name": text_literal(batch.source_name),
        "_load_number": str(number),
        "_loaded_at": _timestamp(loaded_at),
    }
    session.run(
        f"insert into raw.{batch.table_name} ({', '.join(columns)}) "
        f"select {', '.join(given.get(name, name) for name in columns)} from judged where _outcome = 'loaded' "
        f"order by _known_at, _row_number"
    )
    if entity.kind == "versions":
        session.run(
            "create temporary table newest as select _record_key, _row_hash as row_hash, source_time from ("
            "select _record_key, _row_hash, max(_source_time) over (partition by _record_key) as source_time, "
            "row_number() over (partition by _record_key order by _known_at desc) as rank_of_record "
            "from judged where _outcome = 'loaded') as ranked where rank_of_record = 1"
        )
        table = text_literal(batch.table_name)
        session.run(
            f"delete from raw.current_rows where table_name = {table} "
            f"and record_key in (select _record_key from newest)"
        )
        session.run(f"insert into raw.current_rows select {table}, _record_key, row_hash, source_time from newest")


def _record(session: Session, batch: LandedBatch, entity: Entity, number: int, loaded_at: datetime) -> LoadResult:
    """Write the ledger: counts, files, columns fed, and every rejected row with its reason."""
    outcomes: dict[str, int] = {
        str(outcome): int(count)
        for outcome, count in session.all("select _outcome, count(*) from judged group by _outcome")
    }
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
    earliest: date | None = _one(
        session, f"select min(least({event_date}, cast(_known_at as date))) from judged where _outcome = 'loaded'"
    )
    source, told, moment = text_literal(batch.source_name), text_literal(batch.entity), _timestamp(loaded_at)
    newest: datetime | None = _one(session, "select max(_known_at) from judged")
    session.insert(
        "raw.batches",
        list(LEDGER_TABLES["batches"]),
        [
            [
                *(number, batch.load_id, batch.source_name, batch.source_type, batch.entity, result.rows_read),
                *(result.rows_filtered, result.rows_loaded, result.rows_unchanged, result.rows_superseded),
                *(result.rows_rejected, earliest, newest, loaded_at),
            ]
        ],
    )
    session.insert(
        "raw.batch_files",
        list(LEDGER_TABLES["batch_files"]),
        [
            [number, batch.source_name, batch.entity, file.path, file.fingerprint, file.size_bytes, file.row_count]
            for file in batch.files
        ],
    )
    fed = {
        name
        for (name,) in session.all(
            f"select column_name from raw.fed_columns where source_name = {source} and entity = {told}"
        )
    }
    session.insert(
        "raw.fed_columns",
        list(LEDGER_TABLES["fed_columns"]),
        [[batch.source_name, batch.entity, name, number] for name in batch.fed_columns if name not in fed],
    )
    session.run(
        f"insert into raw.rejected_rows select {number}, {source}, {told}, file_path, row_number, column_name, reason, "
        f"value, source_row, {moment} from {session.landed(batch.rejected_path, 'landed_rejections')} as landed"
    )
    session.run(
        f"insert into raw.rejected_rows select {number}, {source}, {told}, null, _row_number, null, _outcome, "
        f"_record_key, cast(to_json(judged) as text), {moment} from judged "
        f"where _outcome in ('repeated_key', 'event_changed')"
    )
    return result
