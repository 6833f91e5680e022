"""A run of which every clock is two days slow: `python late_clock.py run …`."""

import sys
from datetime import datetime, timedelta, tzinfo
from typing import Self

from dagster_project import facts, loading, publishing, run_history
from dagster_project.__main__ import main

SLOW_BY = timedelta(days=2)


class SlowDatetime(datetime):
    """Tells an earlier time."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return super().now(tz) - SLOW_BY


if __name__ == "__main__":
    for module in (facts, loading, publishing, run_history):
        vars(module)["datetime"] = SlowDatetime
    raise SystemExit(main(sys.argv[1:]))
