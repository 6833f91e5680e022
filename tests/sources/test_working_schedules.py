"""The example of a desk in Japan: it loads as it is, and its holidays are those of the law."""

import csv
import shutil
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.sources.loading import load

FOLDER = ROOT / "examples" / "working_schedules"
FIXED = {
    (1, 1): "元日",
    (2, 11): "建国記念の日",
    (2, 23): "天皇誕生日",
    (4, 29): "昭和の日",
    (5, 3): "憲法記念日",
    (5, 4): "みどりの日",
    (5, 5): "こどもの日",
    (8, 11): "山の日",
    (11, 3): "文化の日",
    (11, 23): "勤労感謝の日",
}
# Month, and which of its Mondays.
MONDAYS = {"成人の日": (1, 2), "海の日": (7, 3), "敬老の日": (9, 3), "スポーツの日": (10, 2)}
# Day of March and of September on which the sun crosses the equator, in 1980, in Japan.
EQUINOXES = {"春分の日": (3, 20.8431), "秋分の日": (9, 23.2488)}
SUNDAY = 7


@pytest.mark.parametrize("entity", ["working_schedules", "holidays"])
def test_example_loads_whole(entity: str, inbox: Path, tmp_path: Path) -> None:
    shutil.copy(FOLDER / f"{entity}.csv", inbox)
    loaded = load(tmp_path, entity, {"files": f"{entity}.csv"})
    assert loaded.rejected == []
    assert len(loaded.rows) == {"working_schedules": 10, "holidays": 54}[entity]


def test_holidays_are_those_of_the_law() -> None:
    with (FOLDER / "holidays.csv").open(encoding="utf-8") as file:
        told = {date.fromisoformat(row["holiday_date"]): row["holiday_name"] for row in csv.DictReader(file)}
    lawful = {day: name for year in (2025, 2026, 2027) for day, name in _holidays(year).items()}
    assert told == lawful


def _holidays(year: int) -> Mapping[date, str]:
    """Holidays of a year, with the days that stand in for those on a Sunday, and the days between two of them."""
    days = {date(year, month, day): name for (month, day), name in FIXED.items()}
    for name, (month, number) in MONDAYS.items():
        first = date(year, month, 1)
        days[first + timedelta(days=(8 - first.isoweekday()) % 7 + 7 * (number - 1))] = name
    for name, (month, in_1980) in EQUINOXES.items():
        since = year - 1980
        days[date(year, month, int(in_1980 + 0.242194 * since) - since // 4)] = name
    whole = dict(days)
    for day in days:
        if day.isoweekday() == SUNDAY:
            stand_in = day + timedelta(days=1)
            while stand_in in days:
                stand_in += timedelta(days=1)
            whole[stand_in] = "振替休日"
        between = day + timedelta(days=1)
        if day + timedelta(days=2) in days and between not in days and between.isoweekday() != SUNDAY:
            whole[between] = "国民の休日"
    return whole
