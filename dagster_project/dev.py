"""The loop of an analytics engineer: a model or seed as edited, built with its tests on a copy of the last build."""

import shutil
import subprocess
from datetime import date
from pathlib import Path

from dagster_project.assets.transform import run_dbt
from dagster_project.days import checked_range
from dagster_project.settings import Settings, SettingsError
from dagster_project.statistics.computing import declared_tables, write_statistics
from dagster_project.warehouse import open_warehouse
from dagster_project.warehouse.interface import Build


def dev_settings(settings: Settings) -> Settings:
    """The same configuration with a data folder of its own within ours."""
    return settings.model_copy(update={"home": settings.home / "dev"})


def build_on_copy(
    settings: Settings, model: str, asked: tuple[date, date] | None = None
) -> tuple[Build, subprocess.CompletedProcess[str]]:
    """Build a model or seed, all that reads it, the statistics, and their tests; the days, and dbt's outcome.

    The days are those of the last build, for which everything that the model reads stands ready. Where others are
    asked for, what it reads is built for them first. `model` is a name, or any selection that dbt understands.

    Raises:
        SettingsError: there is no build to copy, the engine keeps none in a file, or the days cannot be built.
    """
    last = build_to_copy(settings)
    first, newest = checked_range(settings, *asked) if asked else (last.from_date, last.to_date)
    scratch = dev_settings(settings)
    copy_of_build(settings.build_path, scratch.build_path)
    days = Build("dev", first, newest, last.as_of_date, last.last_load_number)
    is_selection = any(sign in model for sign in "+ :,@*")
    selected = model if is_selection else f"{'+' if asked else ''}{model}+"
    done = run_dbt(scratch, ["build", "--select", selected], days, is_quiet=False)
    if not done.returncode:
        tables = declared_tables(scratch.dbt_target_dir / "manifest.json")
        write_statistics(open_warehouse(scratch), tables, leaves_out_unbuilt=True)
    return days, done


def build_to_copy(settings: Settings) -> Build:
    """The last build, where it can be copied.

    Raises:
        SettingsError: there is none, or the engine keeps none in a file.
    """
    if settings.engine != "duckdb":
        raise SettingsError('A copy of the last build is made of DuckDB\'s build file: set engine = "duckdb".')
    warehouse = open_warehouse(settings)
    last = warehouse.last_build() if warehouse.exists() else None
    if last is None:
        raise SettingsError("There is no build to copy yet: `make run` first.")
    return last


def copy_of_build(source: Path, target: Path) -> None:
    """Copy a build file; half a copy never stands under the name of a whole one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    waiting = target.with_suffix(".copying")
    shutil.copyfile(source, waiting)
    waiting.replace(target)
