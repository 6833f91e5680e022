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
from dagster_project.statistics.computing import STATISTICS


def build_definitions(settings: Settings) -> dg.Definitions:
    """Every asset, check, job and schedule of one configuration."""
    manifest = prepare_manifest(settings)
    raw, models = build_raw_assets(settings), build_dbt_assets(settings, manifest)
    steps = [*raw, models, build_statistics_assets(settings, manifest)]
    checks = build_mart_checks(settings, STATISTICS)
    checked = [step for step in [*steps, checks] if isinstance(step, dg.AssetsDefinition)]
    expected = [key for step in checked for key in step.check_keys]
    assets = dg.Definitions(
        assets=[
            *build_demo_asset(settings),
            *steps,
            build_publish_asset(settings, public_marts(manifest), expected),
        ],
        asset_checks=[checks],
        loggers={"progress": progress_logger},
    )
    return dg.Definitions.merge(assets, build_automation(settings))


@dg.definitions
def defs() -> dg.Definitions:
    """The code location."""
    return build_definitions(load_settings())
