"""`python -m dagster_project.demo OUT`: write the demo world's exports and say how large and how quick they were."""

import argparse
import json
import sys
import time
from datetime import date
from pathlib import Path

from dagster_project.demo.block import World
from dagster_project.demo.company import write_demo_world

PROCESS_STATUS = Path("/proc/self/status")
KIBIBYTE_PER_MEBIBYTE = 1024


def main(arguments: list[str] | None = None) -> int:
    """Write a world; 0 where it was written, 2 where the size is refused."""
    parser = argparse.ArgumentParser(prog="demo", description="Write the exports of an invented company.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--accounts", type=int, default=240)
    parser.add_argument("--scale", type=int, default=1, help="so many times the accounts")
    parser.add_argument("--days", type=int, default=540)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--until", type=date.fromisoformat, default=date(2026, 6, 30))
    parser.add_argument("--planted", action="store_true", help="with accounts that are a case of each rule, or nearly")
    parser.add_argument("--json", action="store_true", help="say it for a program")
    options = parser.parse_args(arguments)
    started = time.perf_counter()
    try:
        world = World(options.accounts * options.scale, options.days, options.until, options.seed, options.planted)
        counts = write_demo_world(world, options.out)
    except (ValueError, FileExistsError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    seconds = time.perf_counter() - started
    events = sum(count for name, count in counts.items() if "/usage_events/" in name)
    peak = _peak_mebibytes()
    if options.json:
        told = {
            "accounts": world.account_count,
            "events": events,
            "seconds": seconds,
            "events_per_second": events / seconds,
            "peak_mebibytes": peak,
        }
        sys.stdout.write(json.dumps(told))
        return 0
    sys.stdout.write(
        f"{world.account_count} accounts, {sum(counts.values()):,} rows in {len(counts)} files, {events:,} events, "
        f"{seconds:.1f} s, {events / seconds:,.0f} events per second, peak {peak:,.0f} MiB\n"
    )
    return 0


def _peak_mebibytes() -> float:
    """The most memory this process has held; what its parent held before it does not count. 0 where nobody tells."""
    if not PROCESS_STATUS.exists():
        return 0.0
    told = dict(line.split(":", 1) for line in PROCESS_STATUS.read_text().splitlines())
    return int(told["VmHWM"].split()[0]) / KIBIBYTE_PER_MEBIBYTE


if __name__ == "__main__":
    raise SystemExit(main())
