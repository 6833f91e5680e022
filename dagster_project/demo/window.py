"""The days that the demo covers, working hours, and what was known by the last day. All times are UTC."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np

Row = dict[str, object]

WORKING_HOURS = 9
# The working day of every country falls within one UTC day, so a day of use is the same day everywhere.
OPENING_HOUR_UTC = {"JP": 0, "SG": 1, "GB": 9, "DE": 8, "US": 14}


@dataclass(frozen=True)
class Window:
    """The days from `first_day` to `last_day`, both included."""

    first_day: date
    last_day: date

    @property
    def day_count(self) -> int:
        """Number of days."""
        return (self.last_day - self.first_day).days + 1

    @property
    def end(self) -> datetime:
        """The first instant that is no longer known."""
        return midnight(self.last_day + timedelta(days=1))

    @property
    def days(self) -> list[date]:
        """Every day, in order."""
        return [self.first_day + timedelta(days=number) for number in range(self.day_count)]

    def known(self, rows: Iterable[Row], id_column: str) -> list[Row]:
        """The rows whose `updated_at` lies before the end, ordered by `updated_at` and id."""
        end = str(utc_text(self.end))
        return sorted(
            (row for row in rows if str(row["updated_at"]) < end),
            key=lambda row: (str(row["updated_at"]), str(row[id_column])),
        )


def midnight(day: date) -> datetime:
    """The instant at which a day begins."""
    return datetime.combine(day, time())


def utc_text(moment: datetime | None) -> str | None:
    """A moment as `2026-05-01T09:30:00Z`; none stays none."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def working_moment(day: date, country: str, rng: np.random.Generator) -> datetime:
    """A random second of the country's working hours on a day."""
    opening = midnight(day) + timedelta(hours=OPENING_HOUR_UTC[country])
    return opening + timedelta(seconds=int(rng.integers(0, WORKING_HOURS * 3600)))


def days_after(day: date, low: int, high: int, rng: np.random.Generator) -> date:
    """A random day from `low` to `high` days after a day; negative numbers lie before it."""
    return day + timedelta(days=int(rng.integers(low, high + 1)))


def chosen(options: dict[str, float], rng: np.random.Generator) -> str:
    """One option, drawn by weight."""
    weights = np.array(list(options.values()))
    return list(options)[int(rng.choice(len(weights), p=weights / weights.sum()))]
