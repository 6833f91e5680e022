"""From the sources into raw: one asset per raw table."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import dagster as dg

from dagster_project.contract import input_contract
from dagster_project.settings import Settings
from dagster_project.up_to_date import note_files_seen
from dagster_project.warehouse import open_warehouse
from dagster_project.warehouse.interface import LoadResult, Warehouse

OWNER = "team:customer_success_data"
# What is refreshed every morning is late after a day and a half.
DAILY = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=36))
DEMO_KEY = dg.AssetKey(["demo", "company_files"])


def build_demo_asset(settings: Settings) -> list[dg.AssetsDefinition]:
    """The demo company's files, where the configuration asks for one."""
    demo, last_day = settings.demo, settings.calendar.as_of_date
    if demo is None or last_day is None:
        return []

    @dg.asset(
        key=DEMO_KEY,
        group_name="demo",
        owners=[OWNER],
        kinds={"python"},
        description="Files of an invented company. Demo data: no customer of anybody's.",
    )
    def company_files() -> dg.MaterializeResult[None]:
        from dagster_project.demo.company import DemoCompany, write_demo_company  # noqa: PLC0415 - numpy and pandas

        company = DemoCompany(demo.account_count, demo.day_count, last_day, demo.seed)
        stamp, told = settings.home / "demo_company.txt", repr(company)
        if stamp.exists() and stamp.read_text() == told and settings.demo_dir.exists():
            return dg.MaterializeResult(metadata={"is_unchanged": True})
        counts = write_demo_company(company, settings.demo_dir)
        stamp.write_text(told)
        return dg.MaterializeResult(metadata={"files": len(counts), "rows": sum(counts.values())})

    return [company_files]


def build_raw_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """One asset for each raw table that a configured source fills."""
    feeding: dict[tuple[str, str], list[str]] = {}
    for source_name, source in settings.sources.items():
        for entity in source.tables:
            feeding.setdefault((source.type, entity), []).append(source_name)
    return [_raw_asset(settings, *table, source_names) for table, source_names in sorted(feeding.items())]


def prepare_warehouse(settings: Settings) -> Warehouse:
    """The warehouse with the raw tables of every configured kind of source."""
    warehouse = open_warehouse(settings)
    warehouse.prepare(sorted({source.type for source in settings.sources.values()}))
    return warehouse


def _raw_asset(settings: Settings, source_type: str, entity: str, source_names: Sequence[str]) -> dg.AssetsDefinition:
    @dg.asset(
        key=["raw", f"{source_type}_{entity}"],
        deps=[DEMO_KEY] if settings.demo else [],
        group_name="raw",
        owners=[OWNER],
        kinds={source_type, settings.engine},
        description=f"Append-only rows of {entity.replace('_', ' ')}, as {', '.join(source_names)} delivered them.",
    )
    def raw_table(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        totals: dict[str, int] = {}
        for source_name in source_names:
            result = _load(settings, source_name, entity)
            for name, count in vars(result).items() if result else ():
                totals[name] = totals.get(name, 0) + count
        if totals.get("rows_rejected"):
            context.log.warning(f"{entity}: {totals['rows_rejected']} rows rejected; see raw.rejected_rows")
        return dg.MaterializeResult(metadata=totals or {"rows_read": 0})

    return raw_table


def _load(settings: Settings, source_name: str, entity: str) -> LoadResult | None:
    """Pull what is new of one source's entity and move it into raw; null where nothing is new."""
    from dagster_project.sources.files import FilesRequest, extract_files  # noqa: PLC0415 - duckdb

    source = settings.sources[source_name]
    warehouse = prepare_warehouse(settings)
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
        is_pinned=calendar.as_of_date is not None,
    )
