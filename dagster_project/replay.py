"""A past day scored again from what was known then, and held against what is stored: proof that scores are frozen."""

import tempfile
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from dagster_project.assets.transform import run_dbt
from dagster_project.code_version import models_version
from dagster_project.configuration import project_with_seeds
from dagster_project.days import BAND_REACH_DAYS
from dagster_project.settings import Settings, SettingsError
from dagster_project.warehouse import open_warehouse
from dagster_project.warehouse.duckdb import DuckDBWarehouse
from dagster_project.warehouse.interface import Build, WarehouseError

# Frozen marts, the column with their day, and what names a row on a day.
FROZEN_MARTS = {
    "fct_health_scores": ("score_date", ("account_id", "score_id")),
    "fct_health_score_components": ("score_date", ("account_id", "score_id", "measure_id")),
    "fct_parent_health_scores": ("score_date", ("parent_account_id", "score_id")),
    "fct_maturity_scores": ("month_end_date", ("account_id", "axis_id", "part_id")),
    "fct_maturity_tiers": ("month_end_date", ("account_id",)),
    "fct_feature_ladder": ("date_day", ("account_id",)),
}


@dataclass(frozen=True)
class Difference:
    """A row of a frozen mart that a replay gives otherwise; null where one side has none."""

    mart: str
    row: tuple[Any, ...]
    stored: dict[str, Any] | None
    replayed: dict[str, Any] | None

    def __str__(self) -> str:
        named = f"{self.mart} {' '.join(str(part) for part in self.row)}"
        if self.stored is None or self.replayed is None:
            return f"{named}: {'not stored' if self.stored is None else 'not replayed'}"
        changed = [
            f"{name} {self.stored[name]} stored, {value} replayed"
            for name, value in self.replayed.items()
            if self.stored[name] != value
        ]
        return f"{named}: {'; '.join(changed)}"


@dataclass(frozen=True)
class Replay:
    """What a replay found; `row_counts` are the stored rows compared, by mart."""

    day: date
    rows_known: int
    row_counts: dict[str, int]
    differences: list[Difference]
    is_same_code: bool


def replay_day(settings: Settings, day: date) -> Replay:
    """Score a day again with the rows and the configuration known by its end, in a warehouse of its own.

    Raises:
        SettingsError: the day is not built.
        WarehouseError: dbt failed.
    """
    warehouse = open_warehouse(settings)
    build = warehouse.last_build_of(day)
    if build is None:
        raise SettingsError(f"{day} is not built, so there is nothing to replay. Build it first, or name another day.")
    start = settings.calendar.history_start_date
    with tempfile.TemporaryDirectory(prefix="bansou-replay-") as folder:
        scratch = settings.model_copy(update={"home": Path(folder) / "home", "engine": "duckdb"})
        scratch.build_path.parent.mkdir(parents=True)
        end = datetime.combine(day + timedelta(days=1), time(), settings.calendar.timezone)
        rows_known = warehouse.copy_known(
            end.astimezone(UTC).replace(tzinfo=None), build.last_load_number, scratch.build_path
        )
        # The seeds that counted on the day.
        seeds = {version.seed_name: version.content for version in warehouse.configuration_on(day)}
        project = project_with_seeds(seeds, Path(folder))
        # A band depends on the days before it, so those are scored as well.
        days = Build("replay", max(start, day - timedelta(days=BAND_REACH_DAYS)), day, day, build.last_load_number)
        selected = " ".join(f"+{mart}" for mart in FROZEN_MARTS)
        kinds = "resource_type:test resource_type:unit_test"
        done = run_dbt(scratch, ["build", "--select", selected, "--exclude", kinds], days, project_dir=project)
        if done.returncode:
            raise WarehouseError(f"dbt failed while {day} was replayed:\n{done.stdout}{done.stderr}")
        replayed = DuckDBWarehouse(scratch.build_path)
        counts, differences = {}, []
        for mart, (day_column, row_columns) in FROZEN_MARTS.items():
            query = f"select * from marts.{mart} where {day_column} = date '{day}'"
            ours, theirs = (
                {tuple(row[name] for name in row_columns): row for row in place.rows(query)}
                for place in (warehouse, replayed)
            )
            counts[mart] = len(ours)
            differences += [
                Difference(mart, key, ours.get(key), theirs.get(key))
                for key in sorted(ours.keys() | theirs.keys(), key=str)
                if ours.get(key) != theirs.get(key)
            ]
    return Replay(day, rows_known, counts, differences, build.models_version == models_version())
