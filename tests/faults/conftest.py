"""The report of all faults that a session injected: on the terminal, and as JSON where a path is given for it."""

import json
import os
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.faults.kills import Tally

REPORT_PATH = os.environ.get("BANSOU_FAULTS_REPORT")
SESSION = Tally()


@pytest.fixture(scope="session")
def tally() -> Tally:
    """Counts kills, what readers saw, and repairs."""
    return SESSION


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not (SESSION.kills or SESSION.measures):
        return
    broken = [report.nodeid for report in terminalreporter.stats.get("failed", [])]
    terminalreporter.section("faults injected")
    known = [report.nodeid for report in terminalreporter.stats.get("xfailed", [])]
    terminalreporter.write_line(str(SESSION))
    terminalreporter.write_line(f"Lost or half done: {broken or 'nothing'}; known faults: {known or 'none'}")
    if REPORT_PATH:
        told = asdict(SESSION) | {"total_kills": SESSION.kills.total(), "failed_tests": broken, "known_faults": known}
        Path(REPORT_PATH).write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
