"""A small warehouse whose marts carry the number of their generation, and where it publishes to."""

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from dagster_project.publishing import PublicMart, publish_set
from dagster_project.settings import CalendarSettings, PublishSettings, Settings
from dagster_project.warehouse.duckdb import DuckDBWarehouse
from dagster_project.warehouse.interface import Build
from tests.faults import dying
from tests.faults.dying import stopped_at
from tests.faults.kills import whole_set

AS_OF = date(2026, 6, 30)
MARTS = tuple(PublicMart(f"fct_{name}") for name in "abc")


@dataclass(frozen=True)
class Shop:
    """Each mart holds as many rows as the number of its generation, the second one more, the third two more."""

    settings: Settings

    @classmethod
    def new(cls, folder: Path, sets_kept: int) -> "Shop":
        settings = Settings(
            home=folder / "home",
            config_path=folder / "bansou.toml",
            environment={},
            calendar=CalendarSettings(history_start_date=date(2026, 1, 1), as_of_date=AS_OF),
            sources={},
            publish=PublishSettings(sets_kept=sets_kept),
        )
        warehouse = DuckDBWarehouse(settings.build_path)
        warehouse.prepare([])
        warehouse.record_build(Build("b1", date(2026, 1, 1), AS_OF, AS_OF, 0))
        return cls(settings)

    @property
    def published(self) -> Path:
        return self.settings.published_dir

    @property
    def sets(self) -> set[str]:
        return {path.name for path in (self.published / "sets").iterdir()}

    @property
    def seen(self) -> set[int]:
        """The generations that a reader finds now."""
        with duckdb.connect(self.published / "marts.duckdb", read_only=True) as connection:
            tables = " union all ".join(f"select generation from {mart.name}" for mart in MARTS)
            return {row[0] for row in connection.execute(tables).fetchall()}

    def build(self, generation: int) -> None:
        with duckdb.connect(self.settings.build_path) as connection:
            connection.execute("create schema if not exists marts")
            for number, mart in enumerate(MARTS):
                connection.execute(
                    f"create or replace table marts.{mart.name} as "
                    f"select i, {generation} as generation from range({generation + number}) as numbers (i)"
                )

    def publish(self) -> None:
        """Publish in a process of its own, as every run does."""
        stopped_at(None, self.published, dying.publish, self.settings, MARTS)
        assert whole_set(self.published)

    def publish_generation(self, generation: int) -> None:
        """Build and publish in this process."""
        self.build(generation)
        publish_set(self.settings, DuckDBWarehouse(self.settings.build_path), MARTS, [])

    def copy(self, home: Path) -> "Shop":
        shutil.copytree(self.settings.home, home, symlinks=True)
        return Shop(self.settings.model_copy(update={"home": home}))
