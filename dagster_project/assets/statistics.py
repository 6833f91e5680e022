"""From the checked marts to those that SQL cannot give: one step that computes them and checks them."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from dagster_project.assets.extract import DAILY
from dagster_project.checks.boundaries import check_specs, judged_suites, suites_of
from dagster_project.checks.results import OWNER
from dagster_project.settings import Settings
from dagster_project.statistics.computing import SCHEMA, STATISTICS, declared_tables, write_statistics
from dagster_project.warehouse import open_warehouse

SEED_SCHEMA = "reference."


def build_statistics_assets(settings: Settings, manifest: Path) -> dg.AssetsDefinition:
    """The statistics as one step; they are put in place together or not at all."""
    tables = declared_tables(manifest)
    suites = suites_of(tables.keys())

    @dg.multi_asset(
        name="compute_statistics",
        specs=[
            dg.AssetSpec(
                key=_key(f"{SCHEMA}.{name}"),
                # A seed that did not change stands from the build before, and nothing would wait for it in vain.
                deps=[_key(relation) for relation in STATISTICS[name].reads if not relation.startswith(SEED_SCHEMA)],
                group_name=SCHEMA,
                owners=[OWNER],
                kinds={"python", settings.engine},
                freshness_policy=DAILY,
                description=table.description,
            )
            for name, table in sorted(tables.items())
        ],
        check_specs=check_specs(suites),
    )
    def compute_statistics(
        context: dg.AssetExecutionContext,
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        row_counts = write_statistics(open_warehouse(settings), tables)
        for name, row_count in row_counts.items():
            yield dg.MaterializeResult(asset_key=_key(f"{SCHEMA}.{name}"), metadata={"row_count": row_count})
        yield from judged_suites(settings, context, suites)

    return compute_statistics


def _key(relation: str) -> dg.AssetKey:
    return dg.AssetKey(relation.split("."))
