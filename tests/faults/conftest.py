"""What faults are injected into, and the report of a session: on the terminal, and as JSON where asked for."""

import json
import os
from pathlib import Path

import pytest

from tests.conftest import World
from tests.faults.kills import Tally, Task, WatchedRun, deliver_a_day

REPORT_PATH = os.environ.get("BANSOU_FAULTS_REPORT")
SESSION = Tally()


@pytest.fixture(scope="session")
def tally() -> Tally:
    """Counts kills, what readers saw, and repairs."""
    return SESSION


@pytest.fixture(scope="session")
def first_run(tiny_config: Path, tmp_path_factory: pytest.TempPathFactory) -> Task:
    after = World(tmp_path_factory.mktemp("first") / "home", tiny_config)
    return Task(None, after, WatchedRun(after, "run").finish())


@pytest.fixture(scope="session")
def further_day(tiny_world: World, tmp_path_factory: pytest.TempPathFactory) -> Task:
    before = tiny_world.copy(tmp_path_factory.mktemp("before") / "home")
    deliver_a_day(before)
    after = before.copy(tmp_path_factory.mktemp("after") / "home")
    return Task(before, after, WatchedRun(after, "run").finish())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not (SESSION.kills or SESSION.measures):
        return
    broken = [report.nodeid for report in terminalreporter.stats.get("failed", [])]
    terminalreporter.section("faults injected")
    known = [report.nodeid for report in terminalreporter.stats.get("xfailed", [])]
    terminalreporter.write_line(str(SESSION))
    terminalreporter.write_line(f"Lost or half done: {broken or 'nothing'}; known faults: {known or 'none'}")
    if REPORT_PATH:
        told = vars(SESSION) | {"total_kills": SESSION.kills.total(), "failed_tests": broken, "known_faults": known}
        Path(REPORT_PATH).write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
