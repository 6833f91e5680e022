"""From raw to marts: the whole dbt project as one step, over a range of days."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliResource, DbtProject, dbt_assets
from packaging.version import Version

from dagster_project.assets.extract import DAILY
from dagster_project.checks.models import RUN_RESULTS, test_results
from dagster_project.checks.results import OWNER, record_checks
from dagster_project.code_version import fingerprint_of
from dagster_project.days import days_of_run, plan_build
from dagster_project.settings import DBT_PROJECT_DIR, Settings, exported
from dagster_project.warehouse import dbt_environment_of_engine, open_warehouse
from dagster_project.warehouse.interface import Build
from dagster_project.warehouse.memory import memory_limit

# Folders whose views hold no day of a run. Not the marts': Dagster skips a publish of what was not made in the run.
TIMELESS_VIEWS = ("input", "intermediate/identity", "intermediate/usage", "intermediate/versions")
DBT_EXECUTABLE = str(Path(sys.executable).with_name("dbt"))


class DbtParseError(Exception):
    """The dbt project does not parse; the message is dbt's own."""


def dbt_variables(settings: Settings) -> dict[str, Any]:
    """What shapes the dbt project for as long as the configuration stands; days are not among it."""
    return {
        "business_timezone": settings.calendar.business_timezone,
        "fiscal_year_first_month": settings.calendar.fiscal_year_first_month,
        "default_schedule_id": settings.support.default_schedule_id or "",
        "history_start_date": settings.calendar.history_start_date.isoformat(),
        "reporting_currency": settings.money.reporting_currency,
        "feeds": settings.feeds,
    }


def dbt_environment(settings: Settings, build: Build | None = None) -> dict[str, str]:
    """Environment of a dbt process; with the days of a build where one is given."""
    environment = {
        **dbt_environment_of_engine(settings),
        "DBT_TARGET_PATH": str(settings.dbt_target_dir),
        "DBT_LOG_PATH": str(settings.dbt_target_dir),
        # At dbt's own level for files, debug, a run writes seven megabytes that nobody reads.
        "DBT_LOG_LEVEL_FILE": "warn",
        "DBT_PROFILES_DIR": str(DBT_PROJECT_DIR),
        "BANSOU_DUCKDB_MEMORY": memory_limit(),
    }
    if build is not None:
        environment |= {
            "BANSOU_FROM_DATE": build.from_date.isoformat(),
            "BANSOU_TO_DATE": build.to_date.isoformat(),
            "BANSOU_AS_OF_DATE": build.as_of_date.isoformat(),
        }
    return environment


def prepare_manifest(settings: Settings) -> Path:
    """dbt's manifest for this configuration, parsed again only where the project or the configuration changed.

    Raises:
        DbtParseError: the project does not parse.
    """
    manifest = settings.dbt_target_dir / "manifest.json"
    stamp, told = settings.dbt_target_dir / "parsed.txt", _project_state(settings)
    if manifest.exists() and stamp.exists() and stamp.read_text() == told:
        return manifest
    done = run_dbt(settings, ["parse"])
    if done.returncode:
        raise DbtParseError(f"dbt cannot parse {DBT_PROJECT_DIR}:\n{done.stdout}{done.stderr}")
    stamp.write_text(told)
    return manifest


def _project_state(settings: Settings) -> str:
    engine = hashlib.sha256(json.dumps(dbt_environment_of_engine(settings)).encode()).hexdigest()
    return f"{fingerprint_of(DBT_PROJECT_DIR)} {json.dumps(dbt_variables(settings))} {settings.engine} {engine}"


def run_dbt(
    settings: Settings,
    arguments: list[str],
    build: Build | None = None,
    *,
    project_dir: Path = DBT_PROJECT_DIR,
    is_quiet: bool = True,
) -> subprocess.CompletedProcess[str]:
    """One dbt command on this configuration's project, outside of Dagster; over the days of a build, if given."""
    settings.dbt_target_dir.mkdir(parents=True, exist_ok=True)
    command = [
        *(DBT_EXECUTABLE, *(["--quiet"] if is_quiet else []), *arguments),
        *("--target", settings.engine, "--vars", json.dumps(dbt_variables(settings))),
    ]
    with exported(dbt_environment(settings, build)):
        return subprocess.run(command, cwd=project_dir, capture_output=True, text=True, check=False)


def _what_stands(settings: Settings) -> list[str]:
    """Seeds, and views where the engine keeps them, stand from the build before where neither the project nor its
    variables have changed since. Tests are kept: with indirect selection off, leaving out a view leaves out none."""
    left_out = ["config.materialized:seed"]
    if open_warehouse(settings).views_outlive_their_tables:
        left_out += [f"config.materialized:view,path:models/{folder}" for folder in TIMELESS_VIEWS]
    return ["--exclude", " ".join(left_out), "--indirect-selection", "empty"]


class WarehouseTranslator(DagsterDbtTranslator):
    """dbt nodes as assets: groups by layer, owners, kinds, and freshness of what readers see."""

    def __init__(self) -> None:
        # Source tests as checks would switch off the blocking checks on the same raw tables.
        super().__init__(DagsterDbtTranslatorSettings(enable_source_tests_as_checks=False))

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        """dbt's asset with our group, owner, kinds and freshness."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        layer = spec.key.path[0]
        return spec.replace_attributes(
            group_name=layer, owners=[OWNER], freshness_policy=DAILY if layer == "marts" else None
        )


class DbtCli(DbtCliResource):
    """dbt without two things that no run here needs: a process that asks dbt for its version, and a second adapter that
    could read columns of what dbt has built. Together they took some seconds of every run."""

    @cached_property
    def _cli_version(self) -> Version:
        return Version(metadata.version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> Any:  # noqa: ARG002
        return None


def build_dbt_assets(settings: Settings, manifest: Path) -> dg.AssetsDefinition:
    """The dbt project as one step; a range of days is one run."""

    @dbt_assets(
        manifest=manifest,
        name="build_models",
        dagster_dbt_translator=WarehouseTranslator(),
    )
    def build_models(context: dg.AssetExecutionContext) -> Iterator[Any]:
        build = plan_build(settings, context.run.run_id, *days_of_run(settings, context.run.tags))
        context.log.info(f"days {build.from_date} to {build.to_date}, as of {build.as_of_date}")
        stamp = settings.dbt_target_dir / "built.txt"
        state = _project_state(settings)
        is_standing = open_warehouse(settings).last_build() is not None and stamp.exists()
        left_out = _what_stands(settings) if is_standing and stamp.read_text() == state else []
        if not left_out:
            # What is being replaced stands no more, wherever this may stop.
            stamp.unlink(missing_ok=True)
        (settings.dbt_target_dir / RUN_RESULTS).unlink(missing_ok=True)
        # A build that stops half-way has written days as well, and the history that readers have must follow.
        open_warehouse(settings).begin_build(build)
        try:
            yield from _run(context, build, left_out)
        finally:
            warehouse = open_warehouse(settings)
            results = test_results(warehouse, settings.dbt_target_dir)
            record_checks(settings, warehouse, context.run.run_id, build.as_of_date, results)
        open_warehouse(settings).record_build(build)
        stamp.write_text(state)

    def _run(context: dg.AssetExecutionContext, build: Build, left_out: Sequence[str]) -> Iterator[Any]:
        console = settings.dbt_target_dir / "console.log"
        with exported(dbt_environment(settings, build)), console.open("w") as log, redirect_stdout(log):
            dbt = DbtCli(
                project_dir=str(DBT_PROJECT_DIR),
                profiles_dir=str(DBT_PROJECT_DIR),
                target=settings.engine,
                dbt_executable=DBT_EXECUTABLE,
            )
            yield from dbt.cli(
                [
                    *("build", *left_out, "--exclude-resource-type", "unit_test"),
                    *("--vars", json.dumps(dbt_variables(settings))),
                ],
                context=context,
                target_path=settings.dbt_target_dir,
            ).stream()

    return build_models
