"""Work that its own process stops with SIGKILL: at a step that is counted, or after a time.

Every process is forked from one that has imported all this, so that a kill costs no start of Python.
"""

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import date
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any, Self
from unittest.mock import patch

import duckdb

from dagster_project.loading import load_all
from dagster_project.publishing import PublicMart, publish_set
from dagster_project.settings import Settings
from dagster_project.warehouse.duckdb import DuckDBWarehouse

CHANGES = ("open", "os.mkdir", "os.rename", "os.symlink", "os.remove", "os.rmdir")
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(
    [
        "tests.faults.dying",
        "tests.faults.pulling_all",
        "dagster_project.sources.pulling",
        "great_expectations",
        "pytest",
    ]
)


class Steps:
    """Counts what a process does to files below a folder and asks of DuckDB; stops it just before one of these."""

    def __init__(self, folder: Path, last: int | None, counted: "Synchronized[int]") -> None:
        self._folder, self._last, self._counted = str(folder), last, counted

    def start(self) -> None:
        sys.addaudithook(self._on_file)
        connect = duckdb.connect
        patch("duckdb.connect", lambda *told, **named: CountedConnection(connect(*told, **named), self.count)).start()

    def count(self) -> None:
        self._counted.value += 1
        if self._counted.value == self._last:
            os.kill(os.getpid(), signal.SIGKILL)

    def _on_file(self, event: str, arguments: tuple[Any, ...]) -> None:
        # `shutil.rmtree` names what it removes relative to a folder that it holds open.
        if event in CHANGES and (name := str(arguments[0])) and (name.startswith(self._folder) or name[0] != "/"):
            self.count()


class CountedConnection:
    """A connection of DuckDB of which every use counts as a step."""

    def __init__(self, connection: Any, count: Callable[[], None]) -> None:
        self._connection, self._count = connection, count

    def __getattr__(self, name: str) -> Any:
        self._count()
        return getattr(self._connection, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def stopped_at(last: int | None, folder: Path, work: Callable[..., None], *arguments: object) -> int:
    """Do the work in a process that dies just before its step number `last`; the steps it came to.

    It ends well where it has fewer steps, or `last` is null.
    """
    counted = PROCESSES.Value("i", 0, lock=False)
    process = PROCESSES.Process(target=_counting, args=(last, folder, counted, work, *arguments))
    process.start()
    process.join()
    assert process.exitcode == (0 if last is None or counted.value < last else -signal.SIGKILL)
    return int(counted.value)


def stopped_after(seconds: float, work: Callable[..., None], *arguments: object) -> bool:
    """Do the work in a process that dies so many seconds after it began; false where it had ended before."""
    process = PROCESSES.Process(target=_timed, args=(seconds, work, *arguments))
    process.start()
    process.join()
    assert process.exitcode in {0, -signal.SIGKILL}
    return process.exitcode != 0


def seconds_of(work: Callable[..., None], *arguments: object) -> float:
    """How long the work takes when nothing stops it."""
    seconds = PROCESSES.Value("d", 0.0, lock=False)
    process = PROCESSES.Process(target=_measured, args=(seconds, work, *arguments))
    process.start()
    process.join()
    assert process.exitcode == 0
    return float(seconds.value)


def _measured(seconds: "Synchronized[float]", work: Callable[..., None], *arguments: object) -> None:
    began = time.monotonic()
    work(*arguments)
    seconds.value = time.monotonic() - began


def _counting(
    last: int | None, folder: Path, counted: "Synchronized[int]", work: Callable[..., None], *arguments: object
) -> None:
    Steps(folder, last, counted).start()
    work(*arguments)


def _timed(seconds: float, work: Callable[..., None], *arguments: object) -> None:
    timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGKILL))
    timer.start()
    work(*arguments)
    timer.cancel()


def publish(settings: Settings, marts: tuple[PublicMart, ...]) -> None:
    """Publish the marts of the warehouse as it stands."""
    with patch("dagster_project.publishing.code_version", lambda: "c0de"):
        publish_set(settings, DuckDBWarehouse(settings.build_path), marts, [])


def load(settings: Settings, tables: list[tuple[str, str]], as_of_date: date) -> None:
    """Fetch, judge and load what is new, as every run does."""
    load_all(settings, DuckDBWarehouse(settings.build_path), tables, as_of_date, ())
