"""What every engine does in the same SQL: raw tables, the ledger, builds, facts."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from pathlib import Path
from typing import Any

from dagster_project.contract import Entity, input_contract
from dagster_project.settings import staged_entities
from dagster_project.sources.file_mapping import text_literal
from dagster_project.sources.landing import LandedBatch
from dagster_project.warehouse.batch import REMOVED_HASH, forget_in_table, load_batch
from dagster_project.warehouse.interface import (
    Build,
    ConfigurationVersion,
    DailyTable,
    ExportedMonth,
    ExportedTable,
    LoadResult,
    MadeTable,
)
from dagster_project.warehouse.raw_tables import FACT_TABLES, LEDGER_TABLES, raw_columns
from dagster_project.warehouse.session import Session, date_literal, one, timestamp_literal
from dagster_project.warehouse.shown_days import ShownDays


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
    def export(
        self,
        schema: str,
        tables: Mapping[str, Mapping[str, str]],
        folder: Path,
        shown_days: Mapping[str, ShownDays] | None = None,
    ) -> list[ExportedTable]:
        """Write tables to `folder/marts.duckdb` (schema `main`) and `folder/parquet/<table>.parquet`."""

    @abstractmethod
    def export_parts(
        self, relation: str, conditions: Mapping[str, str], descriptions: Mapping[str, str], folder: Path
    ) -> list[ExportedMonth]:
        """Write the rows of a relation that meet each condition to `folder/<its name>.parquet`."""

    @abstractmethod
    def copy_raw(self, conditions: Mapping[str, str], path: Path) -> int:
        """Write the rows of each raw table that meet its condition to a new DuckDB file; the number of rows."""

    @abstractmethod
    def publish_files(self, publish_id: str, tables: Sequence[str], parquet_dir: Path) -> None:
        """Show an earlier set's tables to readers within the engine, from its Parquet files."""

    @abstractmethod
    def publish(
        self, publish_id: str, schema: str, tables: Sequence[str], shown_days: Mapping[str, ShownDays] | None = None
    ) -> None:
        """Show tables to readers within the engine, where they read there and not in the published files."""

    def prepare(self, source_types: Sequence[str]) -> None:
        """Create what is absent; add the columns that the contract has gained."""
        wanted = {name: dict(columns) for name, columns in (LEDGER_TABLES | FACT_TABLES).items()} | {
            f"{source_type}_{entity.name}": raw_columns(entity)
            for source_type in source_types
            for entity in input_contract().values()
            if entity.name in staged_entities(source_type)
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

    def source_state(self, source_name: str, entity: str) -> str | None:
        """What the newest batch of a table said of where to go on; null before the first."""
        found = self.rows(
            f"select source_state from raw.batches where source_name = {text_literal(source_name)} "
            f"and entity = {text_literal(entity)} and source_state is not null order by load_number desc limit 1"
        )
        return found[0]["source_state"] if found else None

    def known_keys(self, table_name: str, source_name: str) -> frozenset[str]:
        """Keys of a source's records that a raw table holds as being there, without the source's name."""
        prefix = f"{source_name}:"
        found = self.rows(
            f"select record_key from raw.current_rows where table_name = {text_literal(table_name)} "
            f"and substr(record_key, 1, {len(prefix)}) = {text_literal(prefix)} "
            f"and row_hash <> {text_literal(REMOVED_HASH)}"
        )
        return frozenset(row["record_key"].removeprefix(prefix) for row in found)

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
        with self.session() as session:
            return forget_in_table(session, table, entity, source_name, person_ids, pseudonym=pseudonym)

    def load(
        self, batch: LandedBatch, loaded_at: datetime, earliest_known_at: datetime, *, is_pinned: bool
    ) -> LoadResult:
        """Move a landed batch into raw in one transaction."""
        with self.session() as session:
            return load_batch(
                session, batch, input_contract()[batch.entity], loaded_at, earliest_known_at, is_pinned=is_pinned
            )

    def last_build(self) -> Build | None:
        """The newest finished build."""
        return self._newest_build("true")

    def last_build_of(self, day: date) -> Build | None:
        """The newest finished build that covered a day."""
        return self._newest_build(f"{date_literal(day)} between from_date and to_date")

    def _newest_build(self, condition: str) -> Build | None:
        found = self.rows(
            f"select build_number, build_id, from_date, to_date, as_of_date, last_load_number, "
            f"coalesce(models_version, '') as models_version from raw.builds where {condition} "
            f"order by build_number desc limit 1"
        )
        return Build(**found[0]) if found else None

    def configuration_on(self, day: date) -> list[ConfigurationVersion]:
        """The version of each seed that counts on a day."""
        found = self.rows(
            f"select seed_name, counts_from_date, content from (select v.*, row_number() over "
            f"(partition by seed_name order by version_number desc) as rank_of_version "
            f"from raw.configuration_versions as v where counts_from_date <= {date_literal(day)}) as ranked "
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
        known = f"_known_at < {timestamp_literal(known_before)} and _load_number <= {last_load_number}"
        conditions = {table: "false" if table in LEDGER_TABLES | FACT_TABLES else known for table in tables}
        conditions["fed_columns"] = f"first_load_number <= {last_load_number}"
        conditions["source_states"] = f"since_at < {timestamp_literal(known_before)}"
        return self.copy_raw(conditions, path)

    def earliest_change_since(self, build: Build | None) -> date | None:
        """The earliest UTC date that rows loaded since a build speak of."""
        found = self.rows(
            f"select min(earliest_change_date) as earliest from raw.batches "
            f"where load_number > {build.last_load_number if build else 0} and rows_loaded > 0"
        )
        earliest: date | None = found[0]["earliest"]
        return earliest

    def begin_build(self, build: Build) -> None:
        """Note that days are about to be written."""
        with self.session() as session:
            session.run(
                f"insert into raw.begun_builds (build_id, from_date, after_build_number) "
                f"select {text_literal(build.build_id)}, {date_literal(build.from_date)}, "
                f"coalesce(max(build_number), 0) from raw.builds"
            )

    def first_day_written_since(self, build_number: int, build_id: str) -> date:
        """The earliest day that builds after a finished one have written, those included that did not finish."""
        with self.session(read_only=True) as session:
            is_known = f"build_number = {build_number} and build_id = {text_literal(build_id)}"
            if not session.all(f"select 1 from raw.builds where {is_known}"):
                return date.min
            earliest: date | None = one(
                session,
                f"select min(from_date) from (select from_date from raw.builds where build_number > {build_number} "
                f"union all select from_date from raw.begun_builds where after_build_number >= {build_number}) as b",
            )
            return earliest or date.max

    def export_months(self, schema: str, table: DailyTable, first_day: date, folder: Path) -> list[ExportedMonth]:
        """Write the rows of each month from that of `first_day` on to `folder/<yyyy-mm>.parquet`."""
        column, relation = table.column, f"{schema}.{table.name}"
        months = self.rows(
            f"select distinct cast(date_trunc('month', {column}) as date) as first_day from {relation} "
            f"where {column} >= {date_literal(first_day.replace(day=1))} order by first_day"
        )
        conditions = {
            row["first_day"].isoformat()[:7]: f"{column} >= {date_literal(row['first_day'])} "
            f"and {column} < {date_literal(row['first_day'])} + interval '1' month"
            for row in months
        }
        return self.export_parts(relation, conditions, table.descriptions, folder)

    def record_build(self, build: Build) -> None:
        """Note that a build has finished."""
        with self.session() as session:
            session.run(
                f"insert into raw.builds (build_number, build_id, from_date, to_date, as_of_date, last_load_number, "
                f"models_version) select coalesce(max(build_number), 0) + 1, {text_literal(build.build_id)}, "
                f"{date_literal(build.from_date)}, {date_literal(build.to_date)}, {date_literal(build.as_of_date)}, "
                f"{build.last_load_number}, {text_literal(build.models_version)} from raw.builds"
            )

    def last_load_number(self) -> int:
        """Number of the newest batch; 0 where there is none."""
        return int(self.rows("select coalesce(max(load_number), 0) as number from raw.batches")[0]["number"])

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Result of a query as dictionaries, read only."""
        with self.session(read_only=True) as session:
            return session.dictionaries(query)

    def replace_tables(self, schema: str, tables: Sequence[MadeTable]) -> None:
        """Put tables in place of those of the same name, all in one transaction."""
        with self.session() as session:
            for table in tables:
                listed = ", ".join(f"{name} {kind}" for name, kind in table.columns.items())
                session.run(f"drop table if exists {schema}.{table.name}")
                session.run(f"create table {schema}.{table.name} ({listed})")
                session.insert(f"{schema}.{table.name}", list(table.columns), table.rows)


def _create_or_widen(session: Session, table: str, columns: dict[str, str], found: set[str] | None) -> None:
    if found is None:
        listed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        session.run(f"create table raw.{table} ({listed})")
        return
    for name, kind in columns.items():
        if name not in found:
            session.run(f"alter table raw.{table} add column {name} {kind}")
