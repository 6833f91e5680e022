"""From the sources into raw: one step that loads every raw table, so that a source's fault stops no other source."""

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from dagster_project.configuration import land_configuration
from dagster_project.contract import input_contract
from dagster_project.demo.today import read_state
from dagster_project.settings import DemoSettings, Settings, SettingsError
from dagster_project.sources.landing import SourceError
from dagster_project.up_to_date import note_files_seen
from dagster_project.warehouse import open_warehouse
from dagster_project.warehouse.interface import LoadResult, Warehouse

if TYPE_CHECKING:
    from dagster_project.demo.block import World

OWNER = "team:customer_success_data"
# What is refreshed every morning is late after a day and a half.
DAILY = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=36))
DEMO_KEY = dg.AssetKey(["demo", "company_files"])
# Dagster reads a run's partitions from the step whose name comes last; were that the one partitioned asset, it would
# write an event for every asset and day. So this name comes after "published".
LOAD_STEP = "raw_tables"


def build_demo_asset(settings: Settings) -> list[dg.AssetsDefinition]:
    """The demo company's files, where the configuration asks for one."""
    demo = settings.demo
    if demo is None:
        return []

    @dg.asset(
        key=DEMO_KEY,
        group_name="demo",
        owners=[OWNER],
        kinds={"python"},
        description="Files of an invented company. Demo data: no customer of anybody's.",
    )
    def company_files() -> dg.MaterializeResult[None]:
        counts = write_demo(demo, settings.demo_dir)
        return dg.MaterializeResult(metadata={"files": len(counts), "rows": sum(counts.values())})

    return [company_files]


def write_demo(demo: DemoSettings, folder: Path) -> dict[str, int]:
    """Write the demo company's files where they do not stand yet; rows by file written."""
    from dagster_project.demo.company import write_demo_world  # noqa: PLC0415 - numpy and pyarrow

    world = _demo_world(demo)
    state = read_state(folder)
    return {} if state and state["world"] == repr(world) else write_demo_world(world, folder)


def advance_demo(settings: Settings) -> date:
    """Move the demo world on by a day; the new day.

    Raises:
        SettingsError: the configuration has no demo, or its world ends.
    """
    from dagster_project.demo.company import advance_demo_world  # noqa: PLC0415 - numpy and pyarrow

    demo = settings.demo
    if demo is None:
        raise SettingsError(f"{settings.config_path} has no [demo]: only the demo world can be moved on by a day.")
    write_demo(demo, settings.demo_dir)
    try:
        return advance_demo_world(_demo_world(demo), settings.demo_dir)[0]
    except ValueError as error:
        raise SettingsError(f"{settings.config_path}, demo.until: {error}. Set a later one.") from None


def _demo_world(demo: DemoSettings) -> "World":
    from dagster_project.demo.block import World  # noqa: PLC0415 - numpy and pyarrow

    return World(demo.account_count, demo.day_count, demo.until, demo.seed)


def build_raw_assets(settings: Settings) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """The raw tables that a configured source fills, loaded in one step; the others stand there empty."""
    feeding: dict[tuple[str, str], list[str]] = {}
    for source_name, source in settings.sources.items():
        for entity in source.tables:
            feeding.setdefault((source.type, entity), []).append(source_name)
    if not feeding:
        return []

    @dg.multi_asset(
        name=LOAD_STEP,
        specs=[
            dg.AssetSpec(
                key=["raw", f"{source_type}_{entity}"],
                deps=[DEMO_KEY] if settings.demo else [],
                group_name="raw",
                owners=[OWNER],
                kinds={source_type, settings.engine},
                description=f"Append-only rows of {entity.replace('_', ' ')}, from {', '.join(source_names)}.",
            )
            for (source_type, entity), source_names in sorted(feeding.items())
        ],
        can_subset=True,
    )
    def raw_tables(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        warehouse = prepare_warehouse(settings)
        failures = []
        for (source_type, entity), source_names in sorted(feeding.items()):
            key = dg.AssetKey(["raw", f"{source_type}_{entity}"])
            if key not in context.selected_asset_keys:
                continue
            try:
                totals = _load_all(settings, warehouse, entity, source_names)
            except SourceError as error:
                failures.append(str(error))
                continue
            if totals["rows_rejected"]:
                context.log.warning(f"{entity}: {totals['rows_rejected']} rows rejected; see raw.rejected_rows")
            yield dg.MaterializeResult(asset_key=key, metadata=dict(totals))
        if failures:
            raise SourceError("\n".join(failures))

    empty = [
        dg.AssetSpec(
            key=["raw", f"{source_type}_{entity}"],
            group_name="raw",
            owners=[OWNER],
            kinds={source_type, settings.engine},
            description=f"No configured source delivers {entity.replace('_', ' ')}: the table is empty.",
        )
        for source_type in sorted({source.type for source in settings.sources.values()})
        for entity in sorted(input_contract().keys())
        if (source_type, entity) not in feeding
    ]
    return [raw_tables, *empty]


def prepare_warehouse(settings: Settings, *, rescore: bool = False) -> Warehouse:
    """The warehouse with the raw tables of every configured kind of source, and the seeds as they stand kept in it.

    Raises:
        SettingsError: a seed changes what days already scored rest on, and `rescore` is not asked for.
    """
    warehouse = open_warehouse(settings)
    warehouse.prepare(sorted({source.type for source in settings.sources.values()}))
    land_configuration(settings, warehouse, rescore=rescore)
    return warehouse


def _load_all(settings: Settings, warehouse: Warehouse, entity: str, source_names: Sequence[str]) -> Counter[str]:
    """Counts over the sources of an entity; every source is tried, and the faults are raised together.

    Raises:
        SourceError: a source cannot be read.
    """
    totals: Counter[str] = Counter({"rows_read": 0, "rows_rejected": 0})
    failures = []
    for source_name in source_names:
        try:
            result = _load(settings, warehouse, source_name, entity)
        except SourceError as error:
            failures.append(str(error))
        else:
            totals.update(vars(result) if result else {})
    if failures:
        raise SourceError("\n".join(failures))
    return totals


def _load(settings: Settings, warehouse: Warehouse, source_name: str, entity: str) -> LoadResult | None:
    """Pull what is new of one source's entity and move it into raw; null where nothing is new."""
    from dagster_project.sources.files import FilesRequest, extract_files  # noqa: PLC0415 - duckdb

    source = settings.sources[source_name]
    note_files_seen(settings, source_name, entity)
    loaded_at = datetime.now(UTC).replace(tzinfo=None)
    request = FilesRequest(
        source_name=source_name,
        folder=Path(settings.resolve(source.folder, f"sources.{source_name}.folder")),
        table=source.tables[entity],
        entity=input_contract()[entity],
        landing_dir=settings.landing_dir,
        load_id=f"{loaded_at:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}",
    )
    batch = extract_files(request, warehouse.files_known(source_name, entity))
    if batch is None:
        return None
    calendar = settings.calendar
    start = datetime.combine(calendar.history_start_date, time(), calendar.timezone)
    return warehouse.load(
        batch,
        loaded_at,
        earliest_known_at=start.astimezone(UTC).replace(tzinfo=None),
        is_pinned=settings.is_pinned,
    )
