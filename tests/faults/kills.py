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
from tests.conftest import ROOT, World

# The line that a run writes once a stage is done, and the stage that begins with it.
STARTED_BY = {
    "demo": "Bansou: ",
    "raw": "  ✓ Demo company's files",
    "models": "  ✓ Sources into raw, checked",
    "checks": "  ✓ Models and their tests",
    "publish": "  ✓ Checks of the marts",
}
ENDED_BY = dict(zip(STARTED_BY, [*list(STARTED_BY.values())[1:], "  ✓ Publish"], strict=True))


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
        return "\n".join(lines)


def killed_in(world: World, stage: str, seconds: float, *arguments: str) -> bool:
    """Start a run and stop it so many seconds into a stage; false where it had ended before.

    The whole group of processes dies, dbt among it.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "dagster_project", *arguments],
        cwd=ROOT,
        env=world.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    has_begun = threading.Event()

    def read() -> None:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith(STARTED_BY[stage]):
                has_begun.set()
        has_begun.set()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    has_begun.wait(120)
    time.sleep(seconds)
    is_running = process.poll() is None
    if is_running:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(60)
    reader.join(10)
    return is_running


def stage_seconds(output: str) -> dict[str, float]:
    """How long each stage took, from the lines of an undisturbed run."""
    found = {}
    for stage, line in ENDED_BY.items():
        [told] = [text for text in output.splitlines() if text.startswith(line)]
        found[stage] = float(told.removeprefix(line).split()[0])
    return found


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


def shares(generator: random.Random, count: int) -> list[float]:
    """Moments spread over a stage, none quite at its ends."""
    return [(number + generator.random()) / count for number in range(count)]
