"""`kill -9` at any moment: readers see a whole set, old or new; the next run makes good; nothing is lost."""

import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dagster_project.settings import load_settings
from tests.conftest import World
from tests.faults.kills import STARTED_BY, Tally, killed_in, manifest_of, shares, stage_seconds, whole_set

SEED = 20260630
KILLS_A_STAGE = 20


@pytest.fixture(scope="module")
def tomorrow(tiny_world: World, tmp_path_factory: pytest.TempPathFactory) -> tuple[World, str, dict[str, float]]:
    """The tiny world with a further day delivered but not built; what an undisturbed run publishes, and its times."""
    from dagster_project.assets.demo import advance_demo  # noqa: PLC0415

    world = tiny_world.copy(tmp_path_factory.mktemp("tomorrow") / "home")
    advance_demo(load_settings(world.environment))
    undisturbed = world.copy(tmp_path_factory.mktemp("undisturbed") / "home")
    done = undisturbed.run("run")
    assert done.returncode == 0, done.stdout + done.stderr
    manifest = manifest_of(undisturbed)
    assert manifest is not None
    return world, manifest["publish_id"], stage_seconds(done.stderr)


@pytest.fixture
def told() -> Iterator[Tally]:
    tally = Tally()
    yield tally
    sys.stdout.write(f"\n{tally}\n")


def stop_and_look(world: World, moment: tuple[str, float], expected: dict[str | None, str], told: Tally) -> None:
    """One kill, so many seconds into a stage; what readers see then must be one of the expected sets, and whole."""
    stage, seconds = moment
    if killed_in(world, stage, seconds, "run", "--force"):
        told.kills[stage] += 1
    else:
        told.missed += 1
    told.seen[expected[whole_set(world.published)]] += 1


def repair(world: World, publish_id: str, told: Tally) -> None:
    """The next run needs no help, and leaves what an undisturbed one leaves."""
    done = world.run("run", "--force")
    assert done.returncode == 0, done.stdout + done.stderr
    assert whole_set(world.published) == publish_id
    told.repairs += 1


def test_run_killed_anywhere_leaves_the_old_set_or_the_new_one(
    tomorrow: tuple[World, str, dict[str, float]], tmp_path: Path, told: Tally
) -> None:
    world, new_id, seconds = tomorrow
    home = world.copy(tmp_path / "home")
    old_id = whole_set(home.published)
    generator = random.Random(SEED)
    for stage in [*STARTED_BY, *STARTED_BY]:
        stop_and_look(home, (stage, generator.random() * seconds[stage]), {old_id: "old", new_id: "new"}, told)
    repair(home, new_id, told)
    assert sum(told.kills.values()) >= 9


@pytest.mark.faults
@pytest.mark.parametrize("stage", list(STARTED_BY))
def test_many_kills_in_each_stage_of_a_further_day(
    tomorrow: tuple[World, str, dict[str, float]], tmp_path: Path, told: Tally, stage: str
) -> None:
    world, new_id, seconds = tomorrow
    old_id = whole_set(world.published)
    number = 0
    while told.kills[stage] < KILLS_A_STAGE:
        # Four at a time on one data folder, each upon what the one before left.
        home = world.copy(tmp_path / f"home{number}")
        for share in shares(random.Random(SEED + number), 4):
            stop_and_look(home, (stage, share * seconds[stage]), {old_id: "old", new_id: "new"}, told)
        repair(home, new_id, told)
        number += 1
        assert number <= 3 * KILLS_A_STAGE, told


@pytest.mark.faults
@pytest.mark.parametrize("stage", list(STARTED_BY))
def test_many_kills_in_each_stage_of_a_first_run(
    tiny_run: tuple[World, str], tmp_path: Path, told: Tally, stage: str
) -> None:
    world, output = tiny_run
    manifest = manifest_of(world)
    assert manifest is not None
    seconds = stage_seconds(output)
    number = 0
    while told.kills[stage] < KILLS_A_STAGE:
        home = World(tmp_path / f"home{number}", world.config)
        for share in shares(random.Random(SEED + number), 4):
            stop_and_look(home, (stage, share * seconds[stage]), {None: "none", manifest["publish_id"]: "new"}, told)
        repair(home, manifest["publish_id"], told)
        number += 1
        assert number <= 3 * KILLS_A_STAGE, told
