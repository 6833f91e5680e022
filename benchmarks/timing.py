"""How rivals are timed: in turn, several rounds, so that a slow moment of the machine meets them all."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from dagster_project.settings import PROJECT_ROOT

ROUNDS = 5


class UnequalRowsError(Exception):
    """A rival gave other rows than ours, so that its time means nothing."""


@dataclass
class Rival:
    """One way to do the work; `run` does it once and returns a figure that must be equal for all."""

    name: str
    run: Callable[[], object]
    seconds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Median seconds of a round."""
        return median(self.seconds)


@dataclass(frozen=True)
class Case:
    """A finished measurement; the first rival is ours."""

    title: str
    rivals: Sequence[Rival]
    note: str
    rounds: int = ROUNDS


def race(rivals: Sequence[Rival], rounds: int = ROUNDS) -> None:
    """Time every rival once a round, after one round that does not count.

    Raises:
        UnequalRowsError: two rivals disagree.
    """
    for number in range(rounds + 1):
        answers = {}
        for rival in rivals:
            started = time.perf_counter()
            answers[rival.name] = rival.run()
            if number:
                rival.seconds.append(time.perf_counter() - started)
        if len(set(answers.values())) > 1:
            raise UnequalRowsError(f"The rivals disagree: {answers}")


def timed_command(variables: Mapping[str, str], *arguments: str) -> tuple[float, str]:
    """Seconds of a command of the project in a process of its own, and what it wrote to standard error."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "dagster_project", *arguments],
        cwd=PROJECT_ROOT,
        env=os.environ | variables,
        check=True,
        capture_output=True,
        text=True,
    )
    return time.perf_counter() - started, done.stderr


def measured_way(module: str, *arguments: str) -> dict[str, Any]:
    """What `python -m benchmarks.<module>` printed, as JSON, in a process of its own: so its memory is its own."""
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{module}", *arguments],
        cwd=PROJECT_ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told
