"""`kill -9` of a pull from all vendors: the next one leaves in raw what an undisturbed one leaves, and no litter."""

import os
import random
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dagster_project.assets.demo import advance_demo, write_demo
from dagster_project.settings import load_settings
from dagster_project.warehouse.duckdb import DuckDBWarehouse
from tests.faults.dying import seconds_of, stopped_after
from tests.faults.faulty_vendor import FaultyVendors, serving_faults
from tests.faults.kills import Tally, shares
from tests.faults.pulling_all import pull_all, settings_of, vendor_tables

SEED = int(os.environ.get("BANSOU_FAULTS_SEED", "20260630"))
KILLS_BEFORE_A_REPAIR = 5
MANY = pytest.mark.parametrize("count", [2, pytest.param(25, marks=pytest.mark.faults)])


@dataclass(frozen=True)
class PullTask:
    """What is there before a pull, what the pull leaves when nothing stops it, and how long it takes."""

    address: str
    config: Path
    before: Path
    after: Path
    seconds: float

    def environment(self, home: Path) -> dict[str, str]:
        return {"BANSOU_HOME": str(home), "BANSOU_CONFIG": str(self.config)}

    def pull(self, home: Path, seconds: float | None = None) -> bool:
        """A pull into a data folder; true where it was killed after so many seconds."""
        if seconds is not None:
            return stopped_after(seconds, pull_all, self.environment(home), self.address)
        seconds_of(pull_all, self.environment(home), self.address)
        return False

    def raw(self, home: Path) -> dict[str, list[str]]:
        """The rows of each vendor's table, without what tells of the load."""
        settings = settings_of(self.environment(home), self.address)
        warehouse = DuckDBWarehouse(settings.build_path)
        found = {}
        for source_name, entity in vendor_tables(settings):
            name = f"{settings.sources[source_name].type}_{entity}"
            told = warehouse.rows(f"select * exclude (_load_number, _loaded_at) from raw.{name}")
            found[name] = sorted(map(str, told))
        return found

    def litter(self, home: Path) -> list[Path]:
        """What lies in landing and belongs to no batch of raw."""
        settings = settings_of(self.environment(home), self.address)
        loaded = DuckDBWarehouse(settings.build_path).loaded_ids()
        folder = settings.landing_dir
        hidden = [path for each in folder.glob(".*") for path in each.rglob("*")]
        files = [path for path in folder.rglob("*") if path.is_file() and path.name.split(".")[0] not in loaded]
        return sorted({*hidden, *files})


@pytest.fixture(scope="module")
def pulls(tiny_vendor_config: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, PullTask]]:
    """A first pull into an empty folder, and one of a day later."""
    folder = tmp_path_factory.mktemp("pulls")
    empty, first, further = (folder / name for name in ("empty", "first", "further"))
    empty.mkdir()
    settings = load_settings({"BANSOU_HOME": str(folder / "demo"), "BANSOU_CONFIG": str(tiny_vendor_config)})
    assert settings.demo is not None
    write_demo(settings.demo, settings.demo_dir)
    shutil.copytree(settings.demo_dir, folder / "earlier")
    advance_demo(settings)
    with (
        serving_faults(FaultyVendors(folder / "earlier")) as earlier,
        serving_faults(FaultyVendors(settings.demo_dir)) as later,
    ):
        tasks = {}
        for name, address, before, after in (
            ("first_pull", earlier, empty, first),
            ("further_pull", later, first, further),
        ):
            shutil.copytree(before, after)
            environment = {"BANSOU_HOME": str(after), "BANSOU_CONFIG": str(tiny_vendor_config)}
            seconds = seconds_of(pull_all, environment, address)
            tasks[name] = PullTask(address, tiny_vendor_config, before, after, seconds)
        yield tasks


@MANY
@pytest.mark.parametrize("name", ["first_pull", "further_pull"])
def test_killed_pull_is_made_good_by_the_next(
    pulls: dict[str, PullTask], tmp_path: Path, tally: Tally, name: str, count: int
) -> None:
    task = pulls[name]
    undisturbed = task.raw(task.after)
    assert task.litter(task.after) == []
    hits, number, seconds = 0, 0, task.seconds
    while hits < count:
        # A few on one data folder, each upon what the one before left.
        home = tmp_path / str(number)
        shutil.copytree(task.before, home)
        for share in shares(random.Random(SEED + number), min(count, KILLS_BEFORE_A_REPAIR)):
            sys.stdout.write(f"kill {share * seconds:.2f} s into {name} (seed {SEED})\n")
            if task.pull(home, share * seconds):
                tally.note(name.replace("_", " "), None)
                hits += 1
            else:
                tally.missed += 1
                seconds *= share  # it takes less than was measured, or has less left to do
        task.pull(home)
        assert task.raw(home) == undisturbed
        assert task.litter(home) == []
        tally.repairs += 1
        shutil.rmtree(home)
        number += 1
        assert number <= 3 * count, f"{hits} kills hit in {number} times"


def test_further_pull_brings_something(pulls: dict[str, PullTask]) -> None:
    task = pulls["further_pull"]
    before, after = task.raw(task.before), task.raw(task.after)
    assert sum(map(len, after.values())) > sum(map(len, before.values())) > 2000
    assert all(set(rows) <= set(after[name]) for name, rows in before.items())
