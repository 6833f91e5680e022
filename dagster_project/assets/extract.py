"""From the sources into raw: one step that loads every raw table, so that a source's fault stops no other source."""

import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta

import dagster as dg

from dagster_project.assets.demo import DEMO_KEY
from dagster_project.checks.raw import blocking_faults, check_results, unreconciled_batches
from dagster_project.checks.results import OWNER, record_checks
from dagster_project.configuration import land_configuration
from dagster_project.contract import input_contract
from dagster_project.days import days_of_run
from dagster_project.demo.vendors import vendors_serving
from dagster_project.facts import restore_facts
from dagster_project.forgetting import read_forgotten
from dagster_project.loading import LoadedTable, load_all
from dagster_project.run_lock import hold_run_lock
from dagster_project.settings import Settings, staged_entities
from dagster_project.source_states import late_sources, note_states
from dagster_project.up_to_date import forget_published
from dagster_project.warehouse import open_warehouse
from dagster_project.warehouse.interface import Warehouse, WarehouseError

# What is refreshed every morning is late after a day and a half.
DAILY = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=36))
# Dagster reads a run's partitions from the step whose name comes last; were that the one partitioned asset, it would
# write an event for every asset and day. So this name comes after "published".
LOAD_STEP = "raw_tables"
LEDGER_KEY = dg.AssetKey(["raw", "batches"])
CHECK_NAME, LEDGER_CHECK_NAME = "batches_are_sound", "every_row_is_accounted_for"
CONFIRM_TAG = "bansou/confirm"


def build_raw_assets(settings: Settings) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """The raw tables that a configured source fills, loaded in one step; the others stand there empty."""
    feeding: dict[tuple[str, str], list[str]] = {}
    for source_name, source in settings.sources.items():
        for entity in source.tables:
            feeding.setdefault((source.type, entity), []).append(source_name)
    if not feeding:
        return []
    keys = {
        f"{source_type}_{entity}": dg.AssetKey(["raw", f"{source_type}_{entity}"]) for source_type, entity in feeding
    }

    @dg.multi_asset(
        name=LOAD_STEP,
        specs=[
            *(
                dg.AssetSpec(
                    key=keys[f"{source_type}_{entity}"],
                    deps=[DEMO_KEY] if settings.demo else [],
                    group_name="raw",
                    owners=[OWNER],
                    kinds={source_type, settings.engine},
                    description=f"Append-only rows of {entity.replace('_', ' ')}, from {', '.join(source_names)}.",
                )
                for (source_type, entity), source_names in sorted(feeding.items())
            ),
            dg.AssetSpec(
                key=LEDGER_KEY,
                deps=[DEMO_KEY] if settings.demo else [],
                group_name="raw",
                owners=[OWNER],
                kinds={settings.engine},
                description="What came of every batch: rows read, loaded, unchanged, superseded, filtered, rejected.",
            ),
        ],
        check_specs=[
            *(
                dg.AssetCheckSpec(
                    name=CHECK_NAME,
                    asset=keys[table_name],
                    blocking=True,
                    description="The batches of this run meet their contract. One that does not is held, and what was "
                    "there stays; nothing is built where nothing was there.",
                )
                for table_name in sorted(keys)
            ),
            dg.AssetCheckSpec(
                name=LEDGER_CHECK_NAME,
                asset=LEDGER_KEY,
                blocking=True,
                description="Rows read = loaded + unchanged + superseded + filtered + rejected, and raw holds as many.",
            ),
        ],
    )
    def raw_tables(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        hold_run_lock(settings)
        forget_published(settings)
        warehouse = prepare_warehouse(settings)
        _, last = days_of_run(settings, context.run.tags)
        build = warehouse.last_build()
        as_of_date = max(last, build.as_of_date) if build else last
        tables = [(source_name, entity) for (_, entity), names in feeding.items() for source_name in names]
        with vendors_serving(settings) as reachable:
            loaded = load_all(reachable, warehouse, tables, as_of_date, context.run.tags.get(CONFIRM_TAG, "").split())
        note_states(settings, warehouse, loaded, as_of_date)
        late = late_sources(settings, warehouse, as_of_date)
        unfed = input_contract().keys() - settings.entities_fed
        record_checks(
            settings, warehouse, context.run.run_id, as_of_date, check_results(warehouse, loaded, late, unfed)
        )
        for message in [*(table.fault for table in loaded if table.fault), *late.values()]:
            context.log.warning(message)
        blocked = blocking_faults(warehouse, loaded)
        for table_name, key in sorted(keys.items()):
            of_table = [table for table in loaded if table.table_name == table_name]
            yield dg.MaterializeResult(asset_key=key, metadata=_counts(of_table))
            yield _check_result(key, of_table, is_blocked=table_name in blocked)
        yield dg.MaterializeResult(asset_key=LEDGER_KEY)
        unreconciled = unreconciled_batches(warehouse, loaded)
        yield dg.AssetCheckResult(
            passed=not unreconciled,
            asset_key=LEDGER_KEY,
            check_name=LEDGER_CHECK_NAME,
            metadata={"failing_rows": dg.MetadataValue.json([str(row) for row in unreconciled])},
        )
        if blocked:
            raise WarehouseError("\n".join(blocked.values()))

    empty = [
        dg.AssetSpec(
            key=["raw", f"{source_type}_{entity}"],
            group_name="raw",
            owners=[OWNER],
            kinds={source_type, settings.engine},
            description=f"No configured source delivers {entity.replace('_', ' ')}: the table is empty.",
        )
        for source_type in settings.source_types
        for entity in sorted(staged_entities(source_type))
        if (source_type, entity) not in feeding
    ]
    return [raw_tables, *empty]


def prepare_warehouse(settings: Settings, *, rescore: bool = False) -> Warehouse:
    """The warehouse with the raw tables of every configured kind of source, and the seeds as they stand kept in it.

    A damaged one is set aside, and a new one made; landing fills it.

    Raises:
        SettingsError: the seeds cannot be used, or change what days already scored rest on without `rescore`.
    """
    for folder in (settings.build_path.parent, settings.landing_dir, settings.facts_dir, settings.dagster_dir):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)  # what is not published is for who runs this alone
    warehouse = open_warehouse(settings)
    set_damage_aside(warehouse)
    warehouse.prepare(settings.source_types)
    restore_facts(settings, warehouse)
    land_configuration(settings, warehouse, rescore=rescore)
    read_forgotten(settings, warehouse)
    return warehouse


def set_damage_aside(warehouse: Warehouse, *, reads_all: bool = False) -> bool:
    """Move damaged data out of the way; whether there was any."""
    damage = warehouse.damage(reads_all=reads_all)
    if damage is None:
        return False
    aside = warehouse.set_aside()
    sys.stderr.write(f"The warehouse is damaged: {damage}\nIt lies at {aside} now; landing fills a new one.\n")
    return True


def _counts(tables: Sequence[LoadedTable]) -> dict[str, int]:
    results = [table.result for table in tables if table.result]
    return {
        "rows_read": sum(result.rows_read for result in results),
        "rows_new": sum(result.rows_new for result in results),
        "rows_changed": sum(result.rows_loaded - result.rows_new for result in results),
        "rows_removed": sum(result.rows_removed for result in results),
        "rows_rejected": sum(result.rows_rejected for result in results),
    }


def _check_result(key: dg.AssetKey, tables: Sequence[LoadedTable], *, is_blocked: bool) -> dg.AssetCheckResult:
    """A held batch is a warning where rows of before stand, and an error where there are none."""
    faults = [table.fault for table in tables if table.fault]
    samples = [
        {name: None if value is None else str(value) for name, value in row.items()}
        for table in tables
        if table.judgement
        for figure in table.judgement.result.failures
        for row in figure.samples
    ]
    return dg.AssetCheckResult(
        passed=not faults and not is_blocked,
        asset_key=key,
        check_name=CHECK_NAME,
        severity=dg.AssetCheckSeverity.ERROR if is_blocked else dg.AssetCheckSeverity.WARN,
        metadata={
            "rows_scanned": sum(table.batch.rows_read for table in tables if table.batch),
            "failures": dg.MetadataValue.json(faults),
            "failing_rows": dg.MetadataValue.json(samples),
        },
    )
