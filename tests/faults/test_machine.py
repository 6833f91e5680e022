"""Faults of the machine: each ends a run with a clear error or not at all, and leaves what readers see as it was."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from tests.conftest import ROOT, World
from tests.faults.kills import Tally, Task, WatchedRun, differing_marts, whole_set
from tests.faults.machine import MEGABYTE, MemoryGroup, run_with_read_only, small_disk

GIGABYTE = 1 << 30


def assert_stands(published: Path, before: World | None) -> None:
    """Readers see the set of before, whole, and no other lies beside it."""
    assert before is not None
    assert whole_set(published) == whole_set(before.published)
    sets, sets_before = (
        {path.name for path in (folder / "sets").iterdir() if not path.name.startswith(".")}
        for folder in (published, before.published)
    )
    assert sets == sets_before


def batches(world: World) -> list[tuple[object, ...]]:
    with duckdb.connect(world.home / "build" / "warehouse.duckdb", read_only=True) as connection:
        return connection.execute("select * from raw.batches order by all").fetchall()


def test_second_run_ends_with_a_clear_error_while_the_first_goes_on(further_day: Task, tmp_path: Path) -> None:
    home = further_day.begin(tmp_path / "home")
    first = WatchedRun(home, "run")
    first.wait_for("raw")
    second = home.run("run", "--force")
    assert second.returncode == 2
    assert "Another run is at work" in second.stderr
    assert "Traceback" not in second.stderr
    first.finish()
    assert whole_set(home.published) == whole_set(further_day.after.published)
    assert differing_marts(home, further_day.after) == []


def test_run_is_refused_when_the_clock_was_set_back(further_day: Task, tmp_path: Path) -> None:
    home = further_day.begin(tmp_path / "home")
    before = batches(home)
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("late_clock.py")), "run"],
        cwd=ROOT,
        env=home.environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "The clock says" in done.stdout + done.stderr
    assert "but rows were loaded at" in done.stdout + done.stderr
    assert_stands(home.published, further_day.before)
    assert batches(home) == before


def test_data_folder_that_cannot_be_written_is_named(tiny_world: World, tmp_path: Path) -> None:
    world = tiny_world.copy(tmp_path / "home")
    done = run_with_read_only(world, world.home)
    assert done.returncode == 2
    assert "Read-only file system" in done.stderr
    assert "Traceback" not in done.stderr
    assert_stands(world.published, tiny_world)


@pytest.mark.faults
def test_set_that_stands_stays_when_the_published_folder_cannot_be_written(further_day: Task, tmp_path: Path) -> None:
    home = further_day.begin(tmp_path / "home")
    done = run_with_read_only(home, home.published)
    assert done.returncode == 1
    assert "Read-only file system" in done.stdout + done.stderr
    assert_stands(home.published, further_day.before)
    assert home.run("run").returncode == 0
    assert differing_marts(home, further_day.after) == []


@pytest.mark.faults
@pytest.mark.parametrize("free_megabytes", [0, 1, 3, 8, 20])
def test_full_disk_ends_the_run_and_the_next_makes_good(
    further_day: Task, tmp_path: Path, tally: Tally, free_megabytes: int
) -> None:
    with small_disk(tmp_path / "disk", 400 * MEGABYTE) as disk:
        home = further_day.begin(disk / "home")
        told = os.statvfs(disk)
        ballast = disk / "ballast"
        with ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, told.f_bavail * told.f_frsize - free_megabytes * MEGABYTE)
        done = home.run("run")
        said = done.stdout + done.stderr
        tally.measures[f"run with {free_megabytes} MB free"] = {
            "exit": done.returncode,
            "finished": [line.split("  ")[1] for line in done.stderr.splitlines() if line.startswith("  ✓")],
            "names_it": "disk is full" in said or "No space left" in said,
            "traceback": "Traceback" in said,
        }
        assert done.returncode != 0
        assert_stands(home.published, further_day.before)
        ballast.unlink()
        done = home.run("run")
        assert done.returncode == 0, done.stdout + done.stderr
        assert whole_set(home.published) == whole_set(further_day.after.published)
        assert differing_marts(home, further_day.after) == []


def overwrite_start(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.write(os.urandom(1 << 16))


def overwrite_middle(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.seek(file.stat().st_size // 3)
        opened.write(os.urandom(file.stat().st_size // 3))


def truncate(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


@pytest.mark.faults
@pytest.mark.parametrize(
    "damage",
    [
        overwrite_start,
        truncate,
        overwrite_middle,
    ],
)
def test_damaged_build_file_is_set_aside_and_everything_built_again(
    tiny_world: World, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    world = tiny_world.copy(tmp_path / "home")
    damage(world.home / "build" / "warehouse.duckdb")
    done = world.run("run", "--force")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The warehouse is damaged" in done.stderr
    assert len(list((world.home / "build").glob("warehouse.damaged-*.duckdb"))) == 1
    assert whole_set(world.published) == whole_set(tiny_world.published)
    assert differing_marts(world, tiny_world) == []


@pytest.mark.faults
@pytest.mark.parametrize(
    "size",
    [
        "tiny",
        "default",
    ],
)
def test_first_run_is_content_with_a_gigabyte_of_memory(
    tiny_config: Path, tmp_path: Path, tally: Tally, size: str
) -> None:
    world = World(tmp_path / "home", tiny_config if size == "tiny" else ROOT / "bansou.toml")
    group = MemoryGroup(GIGABYTE)
    try:
        code, errors, peak = group.run(world, "run")
    finally:
        group.remove()
    tally.measures[f"peak memory of the first run of the {size} demo"] = f"{peak / MEGABYTE:.0f} MB"
    assert code == 0, errors
    assert peak < GIGABYTE
    assert whole_set(world.published)
