"""What the rest of the project may ask of a warehouse, whatever engine it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

from dagster_project.contract import Entity
from dagster_project.sources.landing import LandedBatch
from dagster_project.warehouse.shown_days import ShownDays


class WarehouseError(Exception):
    """The warehouse refuses; the message says what, where and what to do."""


@dataclass(frozen=True)
class LoadResult:
    """What became of a landed batch.

    rows landed = rows_loaded + rows_unchanged + rows_superseded + rows rejected while loading.
    """

    rows_read: int
    rows_filtered: int
    rows_loaded: int
    rows_unchanged: int
    rows_superseded: int
    rows_rejected: int
    rows_new: int = field(default=0, compare=False)
    """Of rows_loaded, those of records that raw did not hold before."""
    rows_removed: int = 0
    """Records that the source no longer has, each noted in a row of its own."""


@dataclass(frozen=True)
class Build:
    """One finished transformation: the days it covered and the last batch it had seen."""

    build_id: str
    from_date: date
    to_date: date
    as_of_date: date
    last_load_number: int
    models_version: str = field(default="", compare=False)
    """Fingerprint of the models that made it."""
    build_number: int = field(default=0, compare=False)
    """Its place among the finished ones, from 1; 0 where it is not recorded."""


@dataclass(frozen=True)
class ConfigurationVersion:
    """A seed as it stood from a day on; `content` is the text of its file."""

    seed_name: str
    counts_from_date: date
    content: str


@dataclass(frozen=True)
class ExportedTable:
    """One mart as written to a publish set; `fingerprint` does not depend on the order of rows."""

    name: str
    row_count: int
    fingerprint: str
    columns: dict[str, str]


@dataclass(frozen=True)
class MadeTable:
    """A table with its rows; `columns` gives the type of each column, and the values of a row are in their order."""

    name: str
    columns: Mapping[str, str]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True)
class DailyTable:
    """A table whose rows have a date in `column`; `descriptions` says what its columns hold."""

    name: str
    column: str
    descriptions: Mapping[str, str]


@dataclass(frozen=True)
class ExportedMonth:
    """The rows of a table in one month (`yyyy-mm`) as written to a file of their own."""

    month: str
    row_count: int
    fingerprint: str


class Warehouse(Protocol):
    """One engine."""

    views_outlive_their_tables: bool
    """True where a table can be made anew below a view that reads it."""

    def prepare(self, source_types: Sequence[str]) -> None:
        """Create raw tables, ledger and state where they are absent; add columns the contract has gained."""

    def source_state(self, source_name: str, entity: str) -> str | None:
        """What the newest batch of a table said of where to go on; null before the first."""

    def known_keys(self, table_name: str, source_name: str) -> frozenset[str]:
        """Keys of a source's records that a raw table holds as being there, without the source's name."""

    def files_known(self, source_name: str, entity: str) -> set[str]:
        """Fingerprints of the files that were loaded before."""

    def load(
        self, batch: LandedBatch, loaded_at: datetime, earliest_known_at: datetime, *, is_pinned: bool
    ) -> LoadResult:
        """Move a landed batch into raw in one transaction; loading the same batch twice changes nothing.

        The first batch of a source's entity, and every batch of a pinned world, is known at the source's own time;
        later ones at `loaded_at`. `earliest_known_at` stands in where the source gives no time.
        """

    def last_build(self) -> Build | None:
        """The newest finished build."""

    def earliest_change_since(self, build: Build | None) -> date | None:
        """The earliest UTC date that rows loaded since a build speak of; null where nothing was loaded."""

    def begin_build(self, build: Build) -> None:
        """Note that days are about to be written, whether or not the build will finish."""

    def first_day_written_since(self, build_number: int, build_id: str) -> date:
        """The earliest day that builds after a finished one have written, those included that did not finish.

        `date.max` where there was none, `date.min` where the warehouse does not know the build.
        """

    def record_build(self, build: Build) -> None:
        """Note that a build has finished."""

    def last_build_of(self, day: date) -> Build | None:
        """The newest finished build that covered a day."""

    def loaded_ids(self) -> set[str]:
        """Ids of the batches that raw holds."""

    def fact_ids(self, table: str) -> set[str]:
        """Ids of the facts that a table of facts holds."""

    def keep_fact(self, table: str, fact_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Append the rows of one fact; columns that a row leaves out stay null."""

    def forget(self, table: str, entity: Entity, source_name: str, person_ids: Sequence[str], pseudonym: str) -> int:
        """Give a source's persons a pseudonym in a raw table and take their words and names out; rows changed."""

    def damage(self, *, reads_all: bool = False) -> str | None:
        """What is wrong with the stored data, where it cannot be read; with `reads_all` all of it is tried."""

    def compact(self) -> None:
        """Leave nothing of what was deleted or overwritten in the stored data."""

    def set_aside(self) -> str:
        """Move damaged data out of the way, so that it is built anew; where it lies now."""

    def configuration_on(self, day: date) -> list[ConfigurationVersion]:
        """The version of each seed that counts on a day."""

    def copy_known(self, known_before: datetime, last_load_number: int, path: Path) -> int:
        """Write what was known before a moment, as far as it had been loaded, to a new DuckDB file as schema `raw`.

        Returns the number of rows.
        """

    def last_load_number(self) -> int:
        """Number of the newest batch; 0 where there is none."""

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Result of a query as dictionaries, read only."""

    def replace_tables(self, schema: str, tables: Sequence[MadeTable]) -> None:
        """Put tables in place of those of the same name, all in one transaction."""

    def exists(self) -> bool:
        """True where there is a warehouse to read from."""

    def export(
        self,
        schema: str,
        tables: Mapping[str, Mapping[str, str]],
        folder: Path,
        shown_days: Mapping[str, ShownDays] | None = None,
    ) -> list[ExportedTable]:
        """Write tables to `folder/marts.duckdb` (schema `main`) and `folder/parquet/<table>.parquet`.

        `tables` gives for each the descriptions of its columns, which both carry. Of a table in `shown_days`, the rows
        of those days are written.
        """

    def export_months(self, schema: str, table: DailyTable, first_day: date, folder: Path) -> list[ExportedMonth]:
        """Write the rows of each month from that of `first_day` on to `folder/<yyyy-mm>.parquet`; months in order."""

    def publish_files(self, publish_id: str, tables: Sequence[str], parquet_dir: Path) -> None:
        """Show an earlier set's tables to readers within the engine, from its Parquet files."""

    def publish(
        self, publish_id: str, schema: str, tables: Sequence[str], shown_days: Mapping[str, ShownDays] | None = None
    ) -> None:
        """Show tables to readers within the engine, where they read there and not in the published files.

        Of a table in `shown_days` they see the rows of those days.
        """
