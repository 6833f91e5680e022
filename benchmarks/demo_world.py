"""The demo company at growing sizes: events a second and memory must not suffer from the size."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

SCALES = (1, 10, 100)


def show(folder: Path, console: Console) -> None:
    """Write the world at each scale once, each in a process of its own, and print a table."""
    table = Table("scale", title="Demo company: 240 accounts × 540 days, times the scale (one round)")
    for name in ("accounts", "events", "seconds", "events per second", "÷ first", "peak MiB"):
        table.add_column(name, justify="right")
    first: float | None = None
    for scale in SCALES:
        told = _written(folder / f"world{scale}", scale)
        first = first or told["events_per_second"]
        table.add_row(
            f"{scale}×",
            f"{told['accounts']:,.0f}",
            f"{told['events']:,.0f}",
            f"{told['seconds']:.1f}",
            f"{told['events_per_second']:,.0f}",
            f"{told['events_per_second'] / first:.2f}",
            f"{told['peak_mebibytes']:,.0f}",
        )
    console.print(table)


def _written(out: Path, scale: int) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "dagster_project.demo", str(out), "--scale", str(scale), "--json"],
        check=True,
        capture_output=True,
        text=True,
    )
    shutil.rmtree(out)
    told: dict[str, float] = json.loads(done.stdout)
    return told
