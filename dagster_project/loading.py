"""From the sources into raw: fetch every table, judge what landed, load what is sound, hold what is not.

A table that cannot be fetched, or whose batch breaks its contract, is held: what it delivered before stays, its
measures become stale, and readers are told. Nothing else stops for it.
"""

import time as clock
import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from dagster_project.checks.batches import BatchJudgement, judge_batches
from dagster_project.contract import input_contract
from dagster_project.forgetting import read_forgotten
from dagster_project.settings import Settings, SettingsError
from dagster_project.sources.forgotten import Forgotten, forget_in_batch
from dagster_project.sources.landing import Delivery, LandedBatch, SourceError, deliveries_to_load
from dagster_project.sources.quarantine import reject_rows
from dagster_project.up_to_date import note_files_seen
from dagster_project.warehouse.interface import LoadResult, Warehouse

FETCH_ATTEMPTS = 3
FIRST_PAUSE_SECONDS = 0.5
CLOCK_TOLERANCE = timedelta(minutes=5)


@dataclass(frozen=True)
class LoadedTable:
    """What came of one source's table in a run."""

    source_name: str
    source_type: str
    entity: str
    batch: LandedBatch | None
    judgement: BatchJudgement | None
    result: LoadResult | None
    fault: str | None
    """Why the table is held; null where it is not."""

    @property
    def table_name(self) -> str:
        """Name of the raw table."""
        return f"{self.source_type}_{self.entity}"

    @property
    def named(self) -> str:
        """How the configuration and the command line name it."""
        return f"{self.source_name}.{self.entity}"


def load_all(
    settings: Settings,
    warehouse: Warehouse,
    tables: Sequence[tuple[str, str]],
    as_of_date: date,
    confirmed: Collection[str],
) -> list[LoadedTable]:
    """Fetch, judge and load tables, each given as source and entity.

    Raises:
        SettingsError: the clock stands before the last load.
    """
    require_clock(warehouse)
    load_waiting(settings, warehouse)
    landed: dict[tuple[str, str], LandedBatch | None] = {}
    faults: dict[tuple[str, str], str] = {}
    for source_name, entity in tables:
        try:
            landed[source_name, entity] = _with_patience(lambda: _fetch(settings, warehouse, source_name, entity))  # noqa: B023
        except SourceError as error:
            faults[source_name, entity] = str(error)
    dates = {
        "history_start_date": f"date '{settings.calendar.history_start_date}'",
        "as_of_date": f"date '{as_of_date}'",
    }
    judged = judge_batches(settings, warehouse, [batch for batch in landed.values() if batch], dates, confirmed)
    forgotten = read_forgotten(settings, warehouse)
    loaded = []
    for source_name, entity in sorted(tables, key=lambda place: (place[1], place[0])):
        batch, fault, result = landed.get((source_name, entity)), faults.get((source_name, entity)), None
        judgement = judged[batch.load_id] if batch else None
        if batch and judgement:
            result, fault = _settle(settings, warehouse, batch, judgement, forgotten)
        kind = settings.sources[source_name].type
        loaded.append(LoadedTable(source_name, kind, entity, batch, judgement, result, fault))
    return loaded


def load_waiting(settings: Settings, warehouse: Warehouse) -> int:
    """Load what landed in a run that was stopped before it was in raw, or all of landing into a new warehouse."""
    waiting = deliveries_to_load(settings.landing_dir, warehouse.loaded_ids())
    for delivery in waiting:
        _load(warehouse, delivery)
    return len(waiting)


def require_clock(warehouse: Warehouse) -> None:
    """Refuse to load with a clock that would date new rows before those that are there.

    Raises:
        SettingsError: the clock stands before the last load.
    """
    newest: datetime | None = warehouse.rows("select max(loaded_at) as newest from raw.batches")[0]["newest"]
    now = _now()
    if newest and now < newest - CLOCK_TOLERANCE:
        raise SettingsError(
            f"The clock says {now:%Y-%m-%d %H:%M} UTC, but rows were loaded at {newest:%Y-%m-%d %H:%M} UTC already. "
            f"New rows would count as known before those. Set the clock right, and run again."
        )


def _fetch(settings: Settings, warehouse: Warehouse, source_name: str, entity: str) -> LandedBatch | None:
    """Land what is new of one source's entity; null where nothing is new."""
    from dagster_project.sources.files import FilesRequest, extract_files  # noqa: PLC0415 - duckdb

    source = settings.sources[source_name]
    note_files_seen(settings, source_name, entity)
    request = FilesRequest(
        source_name=source_name,
        folder=Path(settings.resolve(source.folder, f"sources.{source_name}.folder")),
        table=source.tables[entity],
        entity=input_contract()[entity],
        landing_dir=settings.landing_dir,
        load_id=f"{_now():%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}",
    )
    return extract_files(request, warehouse.files_known(source_name, entity))


def _with_patience(fetch: Callable[[], LandedBatch | None]) -> LandedBatch | None:
    """Try again, each time after twice the pause, where the system and not the file is at fault.

    Raises:
        SourceError: the last attempt failed too, or the fault is one that stays.
    """
    for attempt in range(FETCH_ATTEMPTS):
        try:
            return fetch()
        except OSError as error:
            if attempt == FETCH_ATTEMPTS - 1:
                raise SourceError(f"{error} (tried {FETCH_ATTEMPTS} times)") from error
            clock.sleep(FIRST_PAUSE_SECONDS * 2**attempt)
    raise AssertionError


def _settle(
    settings: Settings, warehouse: Warehouse, batch: LandedBatch, judgement: BatchJudgement, forgotten: Forgotten
) -> tuple[LoadResult | None, str | None]:
    """Load a sound batch, or hold it: its result, or why it is held."""
    forget_in_batch(batch, input_contract()[batch.entity], forgotten)
    if judgement.faults:
        fault = f"{batch.source_name}.{batch.entity}: {'; '.join(judgement.faults)}"
        batch.hold(fault)
        return None, fault
    delivery = _delivery(settings, reject_rows(batch, judgement.bad_rows))
    delivery.keep()
    return _load(warehouse, delivery), None


def _delivery(settings: Settings, batch: LandedBatch) -> Delivery:
    calendar = settings.calendar
    start = datetime.combine(calendar.history_start_date, time(), calendar.timezone)
    return Delivery(
        batch=batch,
        loaded_at=_now(),
        earliest_known_at=start.astimezone(UTC).replace(tzinfo=None),
        is_pinned=settings.is_pinned,
    )


def _load(warehouse: Warehouse, delivery: Delivery) -> LoadResult:
    return warehouse.load(delivery.batch, delivery.loaded_at, delivery.earliest_known_at, is_pinned=delivery.is_pinned)


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
