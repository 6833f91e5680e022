"""The example of a desk in Japan: it loads as it is, and its holidays are those of the law."""

import csv
import shutil
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest

from dagster_project.loading import load_all
from dagster_project.settings import CalendarSettings, FilesSource, Settings
from dagster_project.warehouse.duckdb import DuckDBWarehouse
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


def test_hours_that_cannot_be_are_rejected_with_their_row(tmp_path: Path) -> None:
    """Reversed, empty, outside of the day or of the week, in an unknown zone; what is sound is loaded."""
    sound = [f"s,Asia/Tokyo,{day},{start},{start + 60}" for day in range(1, 8) for start in range(0, 600, 60)]
    odd = [
        *("s,Asia/Tokyo,1,720,700", "s,Asia/Tokyo,2,720,720", "s,Asia/Tokyo,3,1380,1441", "s,Asia/Tokyo,4,-1,60"),
        *("s,Asia/Tokyo,8,720,780", "s,Asia/Edo,5,720,780"),
    ]
    folder = tmp_path / "home" / "in"
    folder.mkdir(parents=True)
    header = "schedule_id,time_zone,iso_day_of_week,start_minute,end_minute"
    (folder / "hours.csv").write_text("\n".join([header, *sound, *odd]) + "\n", encoding="utf-8")
    (folder / "holidays.csv").write_text(
        "schedule_id,holiday_date,last_holiday_date\n"
        + "".join(f"s,2026-05-{day:02d},\n" for day in range(1, 20))
        + "s,2026-05-31,2026-05-30\n",
        encoding="utf-8",
    )
    tables = {"working_schedules": {"files": "hours.csv"}, "holidays": {"files": "holidays.csv"}}
    source = FilesSource.model_validate({"type": "files", "folder": str(folder), "tables": tables})
    settings = Settings(
        home=tmp_path / "home",
        config_path=tmp_path / "bansou.toml",
        environment={},
        calendar=CalendarSettings(history_start_date=date(2026, 1, 1), as_of_date=date(2026, 6, 30)),
        sources={"desk": source},
    )
    warehouse = DuckDBWarehouse(settings.build_path)
    warehouse.prepare(["files"])
    loaded = load_all(settings, warehouse, [("desk", name) for name in tables], date(2026, 6, 30), ())
    assert [(table.fault, table.result and table.result.rows_loaded) for table in loaded] == [(None, 19), (None, 70)]
    rejected = warehouse.rows("select entity, reason, count(*) as row_count from raw.rejected_rows group by all")
    assert {(row["entity"], row["reason"]): row["row_count"] for row in rejected} == {
        ("working_schedules", "intervals_that_end_before_they_begin"): 2,
        ("working_schedules", "minutes_outside_of_the_day"): 2,
        ("working_schedules", "days_outside_of_the_week"): 1,
        ("working_schedules", "unknown_value"): 1,
        ("holidays", "holidays_that_end_before_they_begin"): 1,
    }


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
