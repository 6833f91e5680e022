"""When the support desks work: their hours in local wall time, and their holidays."""

from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from dagster_project.demo.block import Rows, World
from dagster_project.demo.window import Row, is_holiday, midnight, utc_text

MINUTES_A_DAY = 1440
# Zone, first and last minute of the working day, and the days of the week.
DESKS = {
    "desk_tokyo": ("Asia/Tokyo", 540, 1080, range(1, 6)),
    "desk_london": ("Europe/London", 480, 1020, range(1, 6)),
    "desk_always": ("UTC", 0, MINUTES_A_DAY, range(1, 8)),
}
DESK_NAMES = {"desk_tokyo": "東京サポート", "desk_london": "London support", "desk_always": "24時間窓口"}
DESK_OF_COUNTRY = {
    "JP": "desk_tokyo",
    "SG": "desk_tokyo",
    "GB": "desk_london",
    "DE": "desk_london",
    "US": "desk_london",
}
# Public holidays in England that move or fall on a fixed day.
LONDON_HOLIDAYS = {
    date.fromisoformat(day): name
    for day, name in (
        *(("2025-01-01", "New Year"), ("2025-04-18", "Good Friday"), ("2025-04-21", "Easter Monday")),
        *(("2025-05-05", "Early May"), ("2025-05-26", "Spring"), ("2025-08-25", "Summer")),
        *(("2025-12-25", "Christmas"), ("2025-12-26", "Boxing Day"), ("2026-01-01", "New Year")),
        *(("2026-04-03", "Good Friday"), ("2026-04-06", "Easter Monday"), ("2026-05-04", "Early May")),
        *(("2026-05-25", "Spring"), ("2026-08-31", "Summer"), ("2026-12-25", "Christmas")),
    )
}


def desk_rows(world: World) -> Rows:
    """Working intervals of each desk, and the holidays within the window; known before the window begins."""
    known = utc_text(midnight(world.window.first_day - timedelta(days=30)))
    schedules: list[Row] = [
        {
            "schedule_id": desk,
            "schedule_name": DESK_NAMES[desk],
            "time_zone": zone,
            "iso_day_of_week": day,
            "start_minute": start,
            "end_minute": end,
            "updated_at": known,
        }
        for desk, (zone, start, end, days) in DESKS.items()
        for day in days
    ]
    holidays: list[Row] = [
        {
            "schedule_id": desk,
            "holiday_date": day.isoformat(),
            "holiday_name": name,
            "last_holiday_date": None,
            "updated_at": known,
        }
        for day in world.window.days
        for desk, name in (("desk_tokyo", _tokyo_holiday(day)), ("desk_london", LONDON_HOLIDAYS.get(day)))
        if name is not None
    ]
    return {"working_schedules": schedules, "holidays": holidays}


def _tokyo_holiday(day: date) -> str | None:
    return "祝日・休業日" if is_holiday(day) else None


def next_open(desk: str, moment: datetime) -> datetime:
    """The moment itself where the desk works then, else the next at which it does; both in UTC."""
    day = moment.date() - timedelta(days=1)
    while True:
        opens, closes = _hours(desk, day)
        if moment < closes:
            return max(moment, opens)
        day += timedelta(days=1)


@cache
def _hours(desk: str, day: date) -> tuple[datetime, datetime]:
    """Opening and closing on a local day, in UTC; the same moment twice on a day of rest."""
    zone, start, end, days = DESKS[desk]
    rests = {"desk_tokyo": is_holiday(day), "desk_london": day in LONDON_HOLIDAYS}.get(desk, False)
    local = datetime.combine(day, time(), ZoneInfo(zone))
    if rests or day.isoweekday() not in days:
        return datetime.min, datetime.min
    return _utc(local + timedelta(minutes=start)), _utc(local + timedelta(minutes=end))


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)
