"""`kill -9` at any moment: readers see a whole set, old or new; the next run makes good; nothing is lost."""

import os
import random
import sys
from pathlib import Path

import duckdb
import pytest

from tests.conftest import World
from tests.faults.kills import STAGES, Tally, Task, differing_marts, killed_in, shares, whole_set

SEED = int(os.environ.get("BANSOU_FAULTS_SEED", "20260630"))
KILLS_A_STAGE = int(os.environ.get("BANSOU_FAULTS_KILLS", "20"))
TASKS = ("first_run", "further_day")
KILLS_OF_A_TASK = KILLS_A_STAGE // len(TASKS)
KILLS_BEFORE_A_REPAIR = min(5, KILLS_OF_A_TASK)


def kill_and_look(world: World, task: Task, stage: str, share: float, tally: Tally) -> str | None:
    """One kill at a share of a stage; what readers see then is whole, and whoever was reading reads on."""
    seconds = share * task.seconds[stage]
    sys.stdout.write(f"kill {seconds:.2f} s into {stage} (seed {SEED})\n")
    early, count = None, None
    if (world.published / "current").exists():
        early = duckdb.connect((world.published / "marts.duckdb").resolve(), read_only=True)
        count = early.execute("select count(*) from dim_accounts").fetchone()
    killed = killed_in(world, stage, seconds, "run", "--force")
    seen = task.sets[whole_set(world.published)]
    if early:
        assert early.execute("select count(*) from dim_accounts").fetchone() == count
        early.close()
    if killed:
        tally.note(f"{killed} of {'a further day' if task.before else 'a first run'}", seen)
    else:
        tally.missed += 1
    return killed


def repair(world: World, task: Task, tally: Tally) -> None:
    """The next run needs no help, and leaves what an undisturbed one leaves."""
    done = world.run("run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert task.sets[whole_set(world.published)] == "new"
    assert differing_marts(world, task.after) == []
    tally.repairs += 1


def test_first_run_killed_in_raw_and_models_is_made_good_by_the_next(
    tiny_run: tuple[World, str], tmp_path: Path, tally: Tally
) -> None:
    after, _ = tiny_run
    task = Task(None, after, seconds={"raw": 6, "models": 9})  # about, and no more than they take
    home = task.begin(tmp_path / "home")
    generator = random.Random(SEED)
    for stage in task.seconds:
        kill_and_look(home, task, stage, generator.random(), tally)
    repair(home, task, tally)


def test_run_of_a_further_day_killed_in_every_stage_leaves_the_old_set_or_the_new_one(
    further_day: Task, tmp_path: Path, tally: Tally
) -> None:
    home = further_day.begin(tmp_path / "home")
    generator = random.Random(SEED)
    for stage in STAGES:
        kill_and_look(home, further_day, stage, generator.random(), tally)
    repair(home, further_day, tally)


@pytest.mark.faults
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("task_name", TASKS)
def test_many_kills_in_each_stage(
    request: pytest.FixtureRequest, tmp_path: Path, tally: Tally, task_name: str, stage: str
) -> None:
    task: Task = request.getfixturevalue(task_name)
    hits, number = 0, 0
    while hits < KILLS_OF_A_TASK:
        # A few on one data folder, each upon what the one before left.
        home = task.begin(tmp_path / f"home{number}")
        for share in shares(random.Random(SEED + number), KILLS_BEFORE_A_REPAIR):
            hits += kill_and_look(home, task, stage, share, tally) == stage
        repair(home, task, tally)
        number += 1
        assert number <= 3 * KILLS_A_STAGE, f"{hits} kills hit {stage} in {number} times {KILLS_BEFORE_A_REPAIR}"
