"""One tiny world, built once, that the tests share; what a test changes it changes in a copy."""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest
import yaml

pytest_plugins = ["tests.browser"]

ROOT = Path(__file__).resolve().parent.parent
TINY_CONFIG = """
[calendar]
history_start_date = 2026-05-22
business_timezone = "UTC"
fiscal_year_first_month = 4

[privacy]
person_salt = "salt"

[demo]
account_count = 20
day_count = 60
until = 2026-06-30
seed = 3
"""


def mart_names() -> set[str]:
    """The marts of the project: dbt's models, and the tables that Python computes."""
    folder = ROOT / "dbt_project" / "models" / "marts"
    computed = yaml.safe_load((folder / "statistics" / "_statistics__sources.yml").read_text(encoding="utf-8"))
    return {path.stem for path in folder.rglob("*.sql")} | {
        table["name"] for source in computed["sources"] for table in source["tables"]
    }


# Every world is worked on under one path: dbt parses the project anew where the path of its database changes.
WORKPLACE = Path(tempfile.mkdtemp(prefix="bansou-tests-")) / "home"


@dataclass(frozen=True)
class World:
    """A data folder with its configuration; one world is worked on at a time."""

    home: Path
    config: Path

    @property
    def published(self) -> Path:
        return self.home / "published"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a command; the workplace leads to this world until that of another is asked for."""
        self.home.mkdir(parents=True, exist_ok=True)
        WORKPLACE.unlink(missing_ok=True)
        WORKPLACE.symlink_to(self.home, target_is_directory=True)
        return os.environ | {"BANSOU_HOME": str(WORKPLACE), "BANSOU_CONFIG": str(self.config)}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`python -m dagster_project …`, as the Makefile calls it."""
        return subprocess.run(
            [sys.executable, "-m", "dagster_project", *(arguments or ("run", "--force"))],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def dbt(self, *arguments: str, first: date, last: date, as_of: date | None = None) -> None:
        """A dbt command over a range of days on this world's build file; fails the test where dbt fails."""
        from dagster_project.assets.transform import run_dbt  # noqa: PLC0415
        from dagster_project.settings import load_settings  # noqa: PLC0415
        from dagster_project.warehouse.interface import Build  # noqa: PLC0415

        build = Build("test", first, last, as_of or last, 0)
        done = run_dbt(load_settings(self.environment), list(arguments), build)
        assert done.returncode == 0, done.stdout + done.stderr

    def copy(self, home: Path) -> "World":
        """The same world in another folder."""
        shutil.copytree(self.home, home, symlinks=True)
        return World(home, self.config)

    def table_contents(self, name: str) -> list[tuple[object, ...]]:
        """Rows of a published mart, in a fixed order."""
        with duckdb.connect(self.published / "marts.duckdb", read_only=True) as connection:
            return connection.execute(f"select * from {name} order by all").fetchall()


@pytest.fixture(scope="session")
def tiny_config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny demo company whose systems all deliver files."""
    return _tiny_config(ROOT / "examples" / "files" / "bansou.toml", tmp_path_factory)


@pytest.fixture(scope="session")
def tiny_vendor_config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default configuration, whose systems answer over HTTP, with the same tiny demo company."""
    return _tiny_config(ROOT / "bansou.toml", tmp_path_factory)


@pytest.fixture(scope="session")
def tiny_other_vendor_config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same company with HubSpot and Intercom."""
    return _tiny_config(ROOT / "examples" / "hubspot_intercom" / "bansou.toml", tmp_path_factory)


def _tiny_config(original: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    sources = original.read_text(encoding="utf-8").partition("[sources.crm]")
    path = tmp_path_factory.mktemp("config") / "bansou.toml"
    path.write_text(TINY_CONFIG + "\n" + "".join(sources[1:]), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def tiny_run(tiny_config: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[World, str]:
    """The tiny world after its first run, and what that run printed."""
    return first_run(tiny_config, tmp_path_factory.mktemp("tiny"))


def first_run(config: Path, folder: Path) -> tuple[World, str]:
    """A world in a folder after a run that ended well, and what that run printed."""
    world = World(folder / "home", config)
    done = world.run()
    assert done.returncode == 0, done.stdout + done.stderr
    return world, done.stdout + done.stderr


@pytest.fixture(scope="session")
def tiny_world(tiny_run: tuple[World, str]) -> World:
    """The tiny world; not to be changed, `copy` it first."""
    return tiny_run[0]
