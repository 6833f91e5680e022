"""A desk of many zones with hours of all kinds, and its working minutes counted one by one by the wall clock."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from tests.marts.desk import Desk

UTC = ZoneInfo("UTC")
# Clocks go forward or back in spring and in autumn, at other hours and by half an hour, or never.
ZONES = (
    "Asia/Tokyo",
    "America/New_York",
    "Europe/London",
    "Asia/Kolkata",
    "America/St_Johns",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "America/Santiago",
)
FIRST, LAST = datetime(2026, 2, 20), datetime(2026, 4, 25)
KNOWN, CHANGED = datetime(2026, 3, 1), datetime(2026, 3, 18)
MINUTES_A_DAY = 1440
# Wall times that clocks leave out or repeat lie before four in the morning; hours begin and end at others.
EDGES = (0, *range(240, MINUTES_A_DAY + 1, 15))
Interval = tuple[int, int, int]
"""Day of the week, first minute and last minute, exclusive."""


@dataclass
class Schedule:
    """Hours before and after a change, and days of rest, with the running minutes of work since FIRST."""

    name: str
    zone: str
    before: set[Interval]
    after: set[Interval]
    holidays: set[date] = field(default_factory=set)
    running: list[int] = field(default_factory=list)

    def works_at(self, moment: datetime) -> bool:
        """Whether the desk works in the minute that begins at a UTC moment."""
        local = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(self.zone))
        if local.date() in self.holidays:
            return False
        hours = self.before if local.date() < CHANGED.date() else self.after
        minute = local.hour * 60 + local.minute
        return any(day == local.isoweekday() and start <= minute < end for day, start, end in hours)

    def walk(self) -> None:
        """Look at every minute."""
        moments = (FIRST + timedelta(minutes=n) for n in range(int((LAST - FIRST).total_seconds()) // 60))
        self.running = [0, *accumulate(int(self.works_at(moment)) for moment in moments)]

    def minutes(self, start: datetime, end: datetime) -> int:
        """Working minutes between two moments that begin a minute."""
        first, last = (int((moment - FIRST).total_seconds()) // 60 for moment in (start, end))
        return self.running[last] - self.running[first]


@dataclass(frozen=True)
class Case:
    """A ticket of a schedule with its moments; the last two are none while it is not resolved again."""

    ticket_id: str
    schedule: Schedule
    created_at: datetime
    replied_at: datetime
    solved_at: datetime
    solved_again_at: datetime


def generated(desk: Desk, seed: int, tickets_each: int) -> list[Case]:
    """Schedules and tickets put into the desk, with what is to come out."""
    rng = random.Random(seed)
    cases = []
    for zone in ZONES:
        schedule = _schedule(zone, rng)
        _tell(desk, schedule)
        schedule.walk()
        cases += list(_cases(schedule, tickets_each, rng))
    for case in cases:
        turns = [
            ("solved", case.solved_at),
            ("open", case.solved_at + timedelta(seconds=30)),
            ("closed", case.solved_again_at),
        ]
        desk.ticket(case.ticket_id, case.schedule.name, case.created_at, case.replied_at, turns)
    return cases


def _schedule(zone: str, rng: random.Random) -> Schedule:
    before = {interval for day in range(1, 8) for interval in _intervals(day, rng)}
    kept = {interval for interval in before if rng.random() < 0.6}
    added = {interval for day in range(1, 8) for interval in _intervals(day, rng)}
    starts = {(day, start) for day, start, _ in kept}
    after = kept | {each for each in added if each[:2] not in starts}
    days = [FIRST.date() + timedelta(days=n) for n in range((LAST - FIRST).days)]
    return Schedule(f"desk {zone}", zone, before, after, set(rng.sample(days, 6)))


def _intervals(day: int, rng: random.Random) -> Iterator[Interval]:
    """Up to three intervals a day, which may touch, overlap, or last all day."""
    starts: set[int] = set()
    for _ in range(rng.choice((0, 1, 2, 3))):
        start, end = sorted(rng.sample(EDGES, 2))
        if start not in starts:
            starts.add(start)
            yield day, start, end


def _tell(desk: Desk, schedule: Schedule) -> None:
    def told(interval: Interval, known_at: datetime, **more: object) -> None:
        day, start, end = interval
        columns = {"iso_day_of_week": day, "start_minute": start, "end_minute": end, **more}
        desk.add("working_schedules", known_at, schedule_id=schedule.name, time_zone=schedule.zone, **columns)

    for interval in schedule.before:
        told(interval, KNOWN)
    new_starts = {(day, start) for day, start, _ in schedule.after}
    for interval in schedule.before - schedule.after:
        if interval[:2] not in new_starts:
            told(interval, CHANGED, _is_removed=True)
    for interval in schedule.after - schedule.before:
        told(interval, CHANGED)
    for day in schedule.holidays:
        desk.add("holidays", CHANGED, schedule_id=schedule.name, holiday_date=day)


def _cases(schedule: Schedule, count: int, rng: random.Random) -> Iterator[Case]:
    span = int((LAST - FIRST).total_seconds()) // 60
    for number in range(count):
        # Some moments lie close together, and some weeks apart.
        length = rng.choice((90, MINUTES_A_DAY, 10 * MINUTES_A_DAY))
        created = rng.randrange(0, span - 2)
        last = min(span - 1, created + length)
        moments = sorted(rng.randint(created + 1, max(last, created + 1)) for _ in range(3))
        at = [FIRST + timedelta(minutes=minute) for minute in (created, *moments)]
        again = max(at[3], at[2] + timedelta(minutes=1))
        yield Case(f"{schedule.name}/{number}", schedule, at[0], at[1], at[2], again)
