"""`make bench`: every case, its rivals, and the ratios."""

import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import (
    business_hours,
    demo_world,
    history,
    kpi_monthly,
    overhead,
    raw_load,
    scores,
    usage_daily,
    vendor_pull,
    versions,
    windows,
)
from benchmarks.timing import Case

EVENT_COUNT = 2_000_000
RAW_EVENT_COUNT = 5_000_000
VENDOR_ROW_COUNT = 200_000
ACCOUNT_COUNT = 24_000
DAY_COUNT = 540
FACT_COUNT = 800_000
WINDOW_ACCOUNT_COUNT = 240
KPI_ACCOUNT_COUNT = 20_000
TICKET_COUNT = 1_000_000


def main() -> int:
    """Run the cases and print a table for each; 0 where every rival gave the same rows."""
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        cases: list[Case] = [
            usage_daily.measure(Path(folder), EVENT_COUNT),
            raw_load.measure(Path(folder), RAW_EVENT_COUNT),
            versions.measure(Path(folder), ACCOUNT_COUNT, DAY_COUNT),
            windows.measure(Path(folder), FACT_COUNT, WINDOW_ACCOUNT_COUNT, DAY_COUNT),
            kpi_monthly.measure(Path(folder), KPI_ACCOUNT_COUNT),
        ]
        business_hours.show(Path(folder), console, TICKET_COUNT)
        scores.show(Path(folder), console)
        vendor_pull.show(Path(folder), console, VENDOR_ROW_COUNT)
        vendor_pull.show_nothing_new(Path(folder), console)
        overhead.show(Path(folder), console)
        history.show(Path(folder), console)
        demo_world.show(Path(folder), console)
    for case in cases:
        table = Table("who", title=f"{case.title} (median of {case.rounds} rounds, in turn)", title_justify="left")
        for name in ("seconds", "÷ ours", "spread"):
            table.add_column(name, justify="right")
        for rival in case.rivals:
            table.add_row(
                rival.name,
                f"{rival.median:.2f}",
                f"{rival.median / case.rivals[0].median:.2f}",
                f"{min(rival.seconds):.2f}–{max(rival.seconds):.2f}",
            )
        console.print(table)
        console.print(case.note)
    return 0


if __name__ == "__main__":
    sys.exit(main())
