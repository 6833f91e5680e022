"""From checked marts to what readers open: a versioned set behind one atomic pointer."""

import json
from collections.abc import Sequence
from pathlib import Path

import dagster as dg

from dagster_project.assets.extract import DAILY
from dagster_project.checks.gate import outcomes_of_run, require_passed
from dagster_project.checks.results import OWNER
from dagster_project.days import daily_partitions
from dagster_project.publishing import PublicMart, publish_set
from dagster_project.settings import Settings
from dagster_project.source_states import not_delivering
from dagster_project.up_to_date import note_published
from dagster_project.warehouse import open_warehouse

PUBLISH_KEY = dg.AssetKey(["published", "marts"])


def public_marts(manifest_path: Path) -> list[PublicMart]:
    """The marts that readers see, from dbt's manifest, by name: public models, and the tables that Python computes."""
    manifest = json.loads(manifest_path.read_text(encoding="utf-8"))
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    public = [node for node in models if node["config"]["access"] == "public"]
    public += [node for node in manifest["sources"].values() if node["config"]["meta"].get("is_mart")]
    return sorted(
        (
            PublicMart(
                name=node["name"],
                descriptions={name: " ".join(told["description"].split()) for name, told in node["columns"].items()},
                contract_version=node["config"]["meta"].get("contract_version", 1),
                is_run_log=node["config"]["meta"].get("is_run_log", False),
                range_column=node["config"]["meta"].get("range_column"),
                published_days=node["config"]["meta"].get("published_days"),
            )
            for node in public
        ),
        key=lambda mart: mart.name,
    )


def build_publish_asset(
    settings: Settings, marts: Sequence[PublicMart], expected_checks: Sequence[dg.AssetCheckKey]
) -> dg.AssetsDefinition:
    """The published set; it stands only where every expected check of the run passed."""

    @dg.asset(
        key=PUBLISH_KEY,
        # Only this asset is partitioned by day. Were every model, Dagster would write an event for each model and day.
        partitions_def=daily_partitions(settings),
        deps=[dg.AssetKey(["marts", mart.name]) for mart in marts],
        group_name="published",
        owners=[OWNER],
        kinds={"duckdb", "parquet"},
        freshness_policy=DAILY,
        description="The set of marts that dashboards read, whole and checked.",
    )
    def published_marts(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        outcomes = outcomes_of_run(context.instance, context.run.run_id)
        require_passed(expected_checks, outcomes)
        warehouse = open_warehouse(settings)
        published = publish_set(settings, warehouse, marts, outcomes, not_delivering(warehouse))
        note_published(settings, published.publish_id)
        return dg.MaterializeResult(
            metadata={
                "publish_id": published.publish_id,
                "is_unchanged": published.is_unchanged,
                **published.row_counts,
            }
        )

    return published_marts.with_attributes(backfill_policy=dg.BackfillPolicy.single_run())
