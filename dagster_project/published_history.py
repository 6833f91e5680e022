"""The history of a mart of which readers see some days: a file a month, handed on from set to set."""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from dagster_project.warehouse.interface import DailyTable, ExportedMonth, Warehouse, WarehouseError

# Raised by hand where the files are written otherwise, so that none of the former form is handed on.
FORM = 1


@dataclass(frozen=True)
class FormerSet:
    """The set that readers see now."""

    folder: Path
    manifest: Mapping[str, Any]

    def first_day_written_since(self, warehouse: Warehouse) -> date:
        """The earliest day that may be another than in the set; `date.min` where the set does not tell its build."""
        build = self.manifest.get("build")
        return warehouse.first_day_written_since(**build) if build else date.min


@dataclass(frozen=True)
class History:
    """The months of a mart as the manifest tells them; `digests` are those of files that were handed on."""

    form: str
    months: Sequence[Mapping[str, Any]]
    digests: Mapping[str, str] = field(default_factory=dict)


def write_history(
    warehouse: Warehouse, mart: DailyTable, columns: Mapping[str, str], candidate: Path, former: FormerSet | None
) -> History:
    """Write the changed months of a mart into a set, and link the others from the former set.

    `columns` gives the types of the mart's columns.

    Raises:
        WarehouseError: a row has no date, so that no month holds it.
    """
    form = _form(mart, columns)
    first_day = former.first_day_written_since(warehouse) if former else date.min
    kept = _months_kept(former, mart, form, first_day) if former else []
    written = _write(warehouse, mart, first_day if kept else date.min, candidate)
    if kept and not _adds_up(warehouse, mart, kept, written):
        # The table was changed by something other than a build.
        kept, written = [], _write(warehouse, mart, date.min, candidate)
    if not _adds_up(warehouse, mart, kept, written):
        raise WarehouseError(
            f"The months of {mart.name} do not hold all of its rows: {mart.column} is null somewhere. "
            f"Mend the model, or take config.meta.published_days out of the mart's YAML."
        )
    if not former:
        return History(form, written)
    # Linked last, because a file that is shared must never be written.
    for month in kept:
        _hand_on(former.folder / month["file"], candidate / month["file"])
    digests = {month["file"]: former.manifest["files"][month["file"]] for month in kept}
    return History(form, [*kept, *written], digests)


def _form(mart: DailyTable, columns: Mapping[str, str]) -> str:
    """The same for files that differ in their rows alone: columns, types and descriptions are part of each file."""
    told = [FORM, mart.column, list(columns.items()), dict(mart.descriptions)]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:12]


def _months_kept(former: FormerSet, mart: DailyTable, form: str, first_day: date) -> list[Mapping[str, Any]]:
    """Months of the former set that end before a day; none where the set has another form of them or lacks a file."""
    told = former.manifest["tables"].get(mart.name, {})
    if told.get("history_form") != form:
        return []
    months: list[Mapping[str, Any]] = told["history"]
    if any(not (former.folder / month["file"]).exists() for month in months):
        return []
    return [month for month in months if month["month"] < _month_of(first_day)]


def _write(warehouse: Warehouse, mart: DailyTable, first_day: date, candidate: Path) -> list[Mapping[str, Any]]:
    written = warehouse.export_months("marts", mart, first_day, candidate / _place(mart))
    return [_told(mart, month) for month in written]


def _told(mart: DailyTable, month: ExportedMonth) -> dict[str, Any]:
    return {
        "month": month.month,
        "rows": month.row_count,
        "fingerprint": month.fingerprint,
        "file": f"{_place(mart)}/{month.month}.parquet",
    }


def _adds_up(warehouse: Warehouse, mart: DailyTable, *parts: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the months hold as many rows as the mart."""
    [counted] = warehouse.rows(f"select count(*) as row_count from marts.{mart.name}")
    found: int = counted["row_count"]
    return found == sum(int(month["rows"]) for months in parts for month in months)


def _place(mart: DailyTable) -> str:
    """Folder of a mart's months within a set."""
    return f"parquet/history/{mart.name}"


def _hand_on(source: Path, target: Path) -> None:
    """A second name for a file; a copy where the file system has none."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _month_of(day: date) -> str:
    return day.isoformat()[:7]
