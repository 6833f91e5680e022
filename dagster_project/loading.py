"""From the sources into raw: fetch every table, judge what landed, load what is sound, hold what is not.

A table that cannot be fetched, or whose batch breaks its contract, is held: what it delivered before stays, its
measures become stale, and readers are told. Nothing else stops for it.
"""

import time as clock
import uuid
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_project.checks.batches import BatchJudgement, judge_batches
from dagster_project.contract import input_contract
from dagster_project.forgetting import read_forgotten
from dagster_project.settings import FilesSource, Settings, SettingsError
from dagster_project.sources.forgotten import Forgotten, forget_in_batch
from dagster_project.sources.landing import Delivery, LandedBatch, SourceError, deliveries_to_load
from dagster_project.sources.quarantine import reject_rows
from dagster_project.up_to_date import note_files_seen
from dagster_project.warehouse.interface import LoadResult, Warehouse

if TYPE_CHECKING:
    from dagster_project.sources.http import VendorClient

Place = tuple[str, str]
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
    tables: Sequence[Place],
    as_of_date: date,
    confirmed: Collection[str],
) -> list[LoadedTable]:
    """Fetch, judge and load tables, each given as source and entity.

    Raises:
        SettingsError: the clock stands before the last load.
    """
    require_clock(warehouse)
    load_waiting(settings, warehouse)
    landed, faults = _fetch_all(settings, warehouse, tables)
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


def _fetch_all(
    settings: Settings, warehouse: Warehouse, tables: Sequence[Place]
) -> tuple[dict[Place, LandedBatch | None], dict[Place, str]]:
    """What landed of each table, and why nothing did. Sources are fetched side by side: most of it is waiting."""
    landed: dict[Place, LandedBatch | None] = {}
    faults: dict[Place, str] = {}

    def fetch_source(source_name: str) -> None:
        fetch = _fetcher(settings, warehouse, source_name)
        for place in tables:
            if place[0] == source_name:
                try:
                    landed[place] = _with_patience(partial(fetch, place[1]))
                except SourceError as error:
                    faults[place] = str(error)

    names = {source_name for source_name, _ in tables}
    own = [name for name in sorted(names) if isinstance(settings.sources[name], FilesSource)]
    with ThreadPoolExecutor(max_workers=max(1, len(names) - len(own))) as pool:
        others = [pool.submit(fetch_source, name) for name in sorted(names.difference(own))]
        for name in own:
            fetch_source(name)
        for other in others:
            other.result()
    return landed, faults


def _fetcher(settings: Settings, warehouse: Warehouse, source_name: str) -> Callable[[str], LandedBatch | None]:
    """What lands the new rows of an entity of a source, or gives null where nothing is new."""
    source = settings.sources[source_name]
    if isinstance(source, FilesSource):
        return partial(_fetch_files, settings, warehouse, source_name, source)
    from dagster_project.sources.pulling import PullRequest, connect, pull_table  # noqa: PLC0415 - dlt and duckdb

    @cache
    def client() -> "VendorClient":
        return connect(source_name, source, *settings.require_api(source_name, source))

    def pull(entity: str) -> LandedBatch | None:
        note_files_seen(settings, source_name, entity)
        request = PullRequest(
            source_name=source_name,
            source=source,
            client=client(),
            entity=input_contract()[entity],
            landing_dir=settings.landing_dir,
            load_id=_new_load_id(),
            state=warehouse.source_state(source_name, entity),
            # Asked for up to three times, and equal as long as nothing is loaded.
            known_keys=cache(lambda: warehouse.known_keys(f"{source.type}_{entity}", source_name)),
        )
        return pull_table(request)

    return pull


def _fetch_files(
    settings: Settings, warehouse: Warehouse, source_name: str, source: FilesSource, entity: str
) -> LandedBatch | None:
    from dagster_project.sources.files import FilesRequest, copies_dir, extract_files  # noqa: PLC0415 - duckdb

    place, load_id, store = settings.require_folder(source_name, source), _new_load_id(), None
    if isinstance(place, Path):
        note_files_seen(settings, source_name, entity)
    else:
        from dagster_project.sources.objects import ObjectStore  # noqa: PLC0415 - pyarrow's S3

        memory = settings.landing_dir / ".objects" / f"{source_name}.{entity}.json"
        store = ObjectStore(place, f"{source_name}.{entity}", copies_dir(settings.landing_dir, load_id), memory)
    request = FilesRequest(
        source_name=source_name,
        folder=place if isinstance(place, Path) else copies_dir(settings.landing_dir, load_id),
        table=source.tables[entity],
        entity=input_contract()[entity],
        landing_dir=settings.landing_dir,
        load_id=load_id,
        store=store,
    )
    return extract_files(request, warehouse.files_known(source_name, entity))


def _new_load_id() -> str:
    return f"{_now():%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"


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
