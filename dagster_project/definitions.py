"""The whole graph, assembled."""

import dagster as dg

from dagster_project.assets.demo import build_demo_asset
from dagster_project.assets.extract import build_raw_assets
from dagster_project.assets.publish import build_publish_asset, public_marts
from dagster_project.assets.statistics import build_statistics_assets
from dagster_project.assets.transform import build_dbt_assets, prepare_manifest
from dagster_project.automation import build_automation
from dagster_project.checks.boundaries import build_mart_checks
from dagster_project.progress import progress_logger
from dagster_project.settings import Settings, load_settings


def build_definitions(settings: Settings) -> dg.Definitions:
    """Every asset, check, job and schedule of one configuration."""
    manifest = prepare_manifest(settings)
    models = build_dbt_assets(settings, manifest)
    raw, checks = build_raw_assets(settings), build_mart_checks(settings)
    checked = [definition for definition in [*raw, models, checks] if isinstance(definition, dg.AssetsDefinition)]
    expected = [key for definition in checked for key in definition.check_keys]
    marts = public_marts(manifest)
    assets = dg.Definitions(
        assets=[
            *(*build_demo_asset(settings), *raw, models, build_statistics_assets(settings, manifest)),
            build_publish_asset(settings, marts, expected),
        ],
        asset_checks=[checks],
        loggers={"progress": progress_logger},
    )
    return dg.Definitions.merge(assets, build_automation(settings))


@dg.definitions
def defs() -> dg.Definitions:
    """The code location."""
    return build_definitions(load_settings())
