"""The days that the demo covers, working hours and holidays. All times are UTC."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TypeVar

import numpy as np

Row = dict[str, object]
Option = TypeVar("Option")

WORKING_HOURS = 9
SATURDAY = 5
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


# Holidays of Japan on a fixed month and day, with the days that offices close around New Year.
_FIXED_HOLIDAYS = (
    *((1, 1), (1, 2), (1, 3), (2, 11), (2, 23), (4, 29), (5, 3), (5, 4), (5, 5)),
    *((8, 11), (11, 3), (11, 23), (12, 29), (12, 30), (12, 31)),
)
_MOVING_HOLIDAYS = frozenset(
    date.fromisoformat(text)
    for text in (
        *("2024-01-08", "2024-02-12", "2024-03-20", "2024-05-06", "2024-07-15", "2024-08-12", "2024-09-16"),
        *("2024-09-22", "2024-09-23", "2024-10-14", "2024-11-04", "2025-01-13", "2025-02-24", "2025-03-20"),
        *("2025-05-06", "2025-07-21", "2025-09-15", "2025-09-23", "2025-10-13", "2025-11-24", "2026-01-12"),
        *("2026-03-20", "2026-05-06", "2026-07-20", "2026-09-21", "2026-09-22", "2026-09-23", "2026-10-12"),
        *("2027-01-11", "2027-03-22", "2027-07-19", "2027-09-20", "2027-09-23", "2027-10-11"),
    )
)


def is_holiday(day: date) -> bool:
    """True for a holiday of Japan; those that move from year to year are known for 2024 to 2027."""
    return (day.month, day.day) in _FIXED_HOLIDAYS or day in _MOVING_HOLIDAYS


def next_month(day: date) -> date:
    """The first day of the month after the day's."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def months_between(first: date, last: date) -> Iterator[date]:
    """The first days of all months from that of `first` to that of `last`."""
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = next_month(month)


def midnight(day: date) -> datetime:
    """The instant at which a day begins."""
    return datetime.combine(day, time())


def utc_text(moment: datetime | None) -> str | None:
    """A moment as `2026-05-01T09:30:00Z`; none stays none."""
    return None if moment is None else f"{moment.isoformat(timespec='seconds')}Z"


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


def any_of(options: Sequence[Option], rng: np.random.Generator) -> Option:
    """One option, each as likely as the others."""
    return options[int(rng.integers(len(options)))]


def of_shares(options: Sequence[Option], shares: Sequence[float], luck: float) -> Option:
    """The option that a number from 0 to 1 falls on; the shares add up to 1."""
    return options[min(int(np.searchsorted(np.cumsum(shares), luck)), len(options) - 1)]


def rows_by_moment(row: Row, moments: Mapping[str, datetime | None]) -> list[Row]:
    """The row, and after it one for each moment that comes, in their order: with its column and `updated_at` filled."""
    rows = [row]
    for moment, name in sorted((moment, name) for name, moment in moments.items() if moment is not None):
        rows.append({**rows[-1], name: utc_text(moment), "updated_at": utc_text(moment)})
    return rows
