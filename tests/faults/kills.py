"""Stopping a run with `kill -9` where it hurts, and looking at what is left."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.publishing import damaged_files
from dagster_project.settings import load_settings
from tests.conftest import ROOT, World

# The stages of a run, each with the line that a run writes at its end.
ENDED_BY = {
    "start": "Bansou: ",
    "demo": "  ✓ Demo company's files",
    "raw": "  ✓ Sources into raw, checked",
    "models": "  ✓ Models and their tests",
    "checks": "  ✓ Checks of the marts",
    "statistics": "  ✓ Statistics, checked",
    "publish": "  ✓ Publish",
    "end": "nothing: the process ends",
}
STAGES = tuple(ENDED_BY)


@dataclass
class Tally:
    """What the kills of a test session have shown."""

    kills: Counter[str] = field(default_factory=Counter)
    """By stage."""
    seen: Counter[str] = field(default_factory=Counter)
    """Sets that readers saw after a kill: none, old or new."""
    missed: int = 0
    """Runs that had ended before they could be stopped."""
    repairs: int = 0
    """Next runs that left what an undisturbed one leaves."""
    measures: dict[str, object] = field(default_factory=dict)
    """Other figures, by what they are."""

    def note(self, stage: str, seen: str | None) -> None:
        """Count a kill, and what readers saw after it."""
        self.kills[stage] += 1
        if seen:
            self.seen[seen] += 1

    def __str__(self) -> str:
        kills = ", ".join(f"{count} in {stage}" for stage, count in self.kills.items())
        seen = ", ".join(f"{count} times the {name} set" for name, count in self.seen.items())
        lines = [
            f"{self.kills.total()} kills: {kills}; {self.missed} came too late",
            f"Readers saw {seen}; {self.repairs} repairs",
            *(f"{name}: {told}" for name, told in self.measures.items()),
        ]
        return "\n".join(lines if self.kills else lines[2:])


class WatchedRun:
    """A run in a group of processes of its own, and when each of its stages ended."""

    def __init__(self, world: World, *arguments: str) -> None:
        self._began = time.monotonic()
        self._ended: dict[str, float] = {}
        self._has_ended = {stage: threading.Event() for stage in STAGES}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "dagster_project", *arguments],
            cwd=ROOT,
            env=world.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def stage(self) -> str:
        """The stage that it is in, or was in when it was killed."""
        return next(stage for stage in STAGES if stage not in self._ended)

    def wait_for(self, stage: str) -> None:
        """Return when a stage begins, or the run has ended."""
        if stage != STAGES[0]:
            self._has_ended[STAGES[STAGES.index(stage) - 1]].wait(300)

    def kill(self) -> bool:
        """Kill every process of the group, dbt among them; false where the run had ended before."""
        if self._process.poll() is not None:
            return False
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(60)
        self._reader.join(10)
        return True

    def finish(self) -> dict[str, float]:
        """Let it end well; the seconds that each stage took."""
        assert self._process.wait(600) == 0
        self._reader.join(10)
        ends = [self._began, *(self._ended[stage] for stage in STAGES[:-1]), time.monotonic()]
        return {stage: ends[number + 1] - ends[number] for number, stage in enumerate(STAGES)}

    def _read(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            for stage, start in ENDED_BY.items():
                if line.startswith(start) and stage not in self._ended:
                    self._ended[stage] = time.monotonic()
                    self._has_ended[stage].set()
        for event in self._has_ended.values():
            event.set()


def killed_in(world: World, stage: str, seconds: float, *arguments: str) -> str | None:
    """Start a run and kill it so many seconds into a stage; the stage that it was in, or null where it had ended."""
    run = WatchedRun(world, *arguments)
    run.wait_for(stage)
    time.sleep(seconds)
    return run.stage if run.kill() else None


def manifest_of(world: World) -> dict[str, Any] | None:
    """What readers see; null where nothing is published."""
    path = world.published / "manifest.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def whole_set(published: Path) -> str | None:
    """Publish id of what readers see, once every file is found as it was written; null where nothing is published."""
    current = published / "current"
    if not current.exists():
        assert not current.is_symlink(), f"{current} leads nowhere"
        return None
    folder = current.resolve()
    assert damaged_files(folder) == []
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    with duckdb.connect(folder / "marts.duckdb", read_only=True) as connection:
        for name, count in manifest["row_counts"].items():
            parquet = folder / "parquet" / f"{name}.parquet"
            found = connection.execute(
                f"select (select count(*) from {name}), (select count(*) from read_parquet(?))", [str(parquet)]
            ).fetchone()
            assert found == (count, count), name
    return str(manifest["publish_id"])


def differing_marts(world: World, other: World) -> list[str]:
    """Marts whose rows differ; logs of runs are not compared."""
    manifest = manifest_of(other)
    assert manifest is not None
    with duckdb.connect() as connection:
        for name, side in {"ours": world, "theirs": other}.items():
            path = (side.published / "marts.duckdb").resolve()
            connection.execute(f"attach '{path}' as {name} (read_only)")
        return [
            mart
            for mart, told in manifest["tables"].items()
            if not told["is_run_log"]
            and connection.execute(
                f"select 1 from (from ours.{mart} except all from theirs.{mart}) union all "
                f"select 1 from (from theirs.{mart} except all from ours.{mart}) limit 1"
            ).fetchall()
        ]


def shares(generator: random.Random, count: int) -> list[float]:
    """Moments spread over a stage, none quite at its ends."""
    return [(number + generator.random()) / count for number in range(count)]


@dataclass(frozen=True)
class Task:
    """What a run has to do, and what it leaves and how long each stage takes when nothing disturbs it."""

    before: World | None
    """The world that it starts from; null for the first run on an empty folder."""
    after: World
    seconds: dict[str, float]

    @property
    def sets(self) -> dict[str | None, str]:
        """Publish ids that readers may see while it runs, and what they are called in the report."""
        return {
            whole_set(self.before.published) if self.before else None: "old",
            whole_set(self.after.published): "new",
        }

    def begin(self, home: Path) -> World:
        return self.before.copy(home) if self.before else World(home, self.after.config)


def deliver_a_day(world: World) -> None:
    """Move the demo world's exports on by a day, without a run."""
    from dagster_project.assets.demo import advance_demo  # noqa: PLC0415 - dagster

    advance_demo(load_settings(world.environment))
