"""From built models to the marts that SQL cannot give: one step behind dbt, before the marts are checked."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from dagster_project.assets.extract import DAILY
from dagster_project.checks.results import OWNER
from dagster_project.settings import Settings
from dagster_project.statistics.computing import SCHEMA, STATISTICS, declared_tables, write_statistics
from dagster_project.warehouse import open_warehouse
from dagster_project.warehouse.interface import WarehouseError


def build_statistics_assets(settings: Settings, manifest: Path) -> dg.AssetsDefinition:
    """The statistics as one step; they stand together or not at all."""
    tables = declared_tables(manifest)

    @dg.multi_asset(
        name="compute_statistics",
        specs=[
            dg.AssetSpec(
                key=_key(f"{SCHEMA}.{name}"),
                deps=[_key(relation) for relation in STATISTICS[name].reads],
                group_name=SCHEMA,
                owners=[OWNER],
                kinds={"python", settings.engine},
                freshness_policy=DAILY,
                description=table.description,
            )
            for name, table in sorted(tables.items())
        ],
    )
    def compute_statistics() -> Iterator[dg.MaterializeResult[None]]:
        row_counts = write_statistics(open_warehouse(settings), tables)
        if missing := tables.keys() - row_counts.keys():
            raise WarehouseError(f"What {', '.join(sorted(missing))} read is not built: build the models first.")
        for name, row_count in row_counts.items():
            yield dg.MaterializeResult(asset_key=_key(f"{SCHEMA}.{name}"), metadata={"row_count": row_count})

    return compute_statistics


def _key(relation: str) -> dg.AssetKey:
    return dg.AssetKey(relation.split("."))
