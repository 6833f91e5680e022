"""One more day after a month and after two years of history: its cost must not grow with what lies behind it."""

import re
from datetime import date, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.timing import timed_command
from dagster_project.progress import STEP_TITLES
from dagster_project.settings import PROJECT_ROOT

UNTIL = date(2026, 6, 30)
HISTORY_DAYS = {"1 month": 30, "2 years": 730}
ACCOUNT_COUNT = 240
CONFIG = """
[calendar]
history_start_date = {start}

[demo]
account_count = {accounts}
day_count = {days}
until = {until}
seed = 7

"""
STAGE = re.compile(r"✓ (.+?)  +([0-9.]+) s")


def show(folder: Path, console: Console) -> None:
    """Build each history once, then time its next day, twice; print the second, whole and by stage."""
    table = Table("history", title=f"One more day, {ACCOUNT_COUNT} accounts (one round)", title_justify="left")
    for name in ("raw", "models and tests", "publish", "whole", "÷ first"):
        table.add_column(name, justify="right")
    first: float | None = None
    for name, days in HISTORY_DAYS.items():
        home = folder / f"history{days}"
        config = home.with_suffix(".toml")
        sources = (
            (PROJECT_ROOT / "examples" / "files" / "bansou.toml").read_text(encoding="utf-8").partition("[sources.crm]")
        )
        head = CONFIG.format(
            start=UNTIL - timedelta(days=days - 1), accounts=ACCOUNT_COUNT, days=max(days, 60), until=UNTIL
        )
        config.write_text(head + "".join(sources[1:]), encoding="utf-8")
        variables = {"BANSOU_HOME": str(home), "BANSOU_CONFIG": str(config)}
        timed_command(variables, "run")
        timed_command(variables, "tomorrow")
        seconds, told = timed_command(variables, "tomorrow")
        stages = {stage.strip(): float(stage_seconds) for stage, stage_seconds in STAGE.findall(told)}
        first = first or seconds
        shown = (*(stages[STEP_TITLES[step]] for step in ("raw_tables", "build_models", "published")), seconds)
        table.add_row(name, *(f"{value:.1f}" for value in shown), f"{seconds / first:.2f}")
    console.print(table)
