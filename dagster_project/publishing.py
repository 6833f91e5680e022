"""Publish sets: written beside, made durable, then pointed at in one step, so that no reader sees half of one."""

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from dagster_project.checks.gate import CheckOutcome, GateClosedError
from dagster_project.code_version import code_version
from dagster_project.durable import digest_of, sync
from dagster_project.published_history import FormerSet, History, write_history
from dagster_project.settings import Settings, SettingsError
from dagster_project.warehouse.interface import Build, DailyTable, ExportedTable, Warehouse
from dagster_project.warehouse.shown_days import ShownDays

POINTED_AT = ("marts.duckdb", "parquet", "manifest.json")
# A list of things to look at is empty on a good day.
LIST_PREFIX = "mart_"


@dataclass(frozen=True)
class PublicMart:
    """A mart that readers see. A log of runs differs with every run, and makes no new set by itself.

    Raises:
        ValueError: it is to show some days, and does not say which column holds them.
    """

    name: str
    descriptions: Mapping[str, str] = field(default_factory=dict)
    """Column to what it says."""
    contract_version: int = 1
    """Raised by hand where a column goes or changes its type, because readers must follow."""
    is_run_log: bool = False
    range_column: str | None = None
    """The date of a row, in a mart that is written by ranges of days."""
    published_days: int | None = None
    """Readers see so many last days, and month ends; the history lies in files a month. All where it is null."""

    def __post_init__(self) -> None:
        if self.published_days is not None and (self.range_column is None or self.published_days < 1):
            raise ValueError(
                f"{self.name}: config.meta.published_days is a number of days from 1, and asks for a mart with "
                f"config.meta.range_column."
            )

    def shown_days(self, as_of_date: date) -> ShownDays | None:
        """The days that readers see; null where they see all."""
        if self.published_days is None or self.range_column is None:
            return None
        return ShownDays(self.range_column, self.published_days, as_of_date)


@dataclass(frozen=True)
class PublishedSet:
    """What a publish led to; `is_unchanged` where the set before holds the same rows by the same code."""

    publish_id: str
    is_unchanged: bool
    row_counts: dict[str, int]


def read_manifest(settings: Settings) -> dict[str, Any] | None:
    """The manifest of the set that readers see now; null before the first publish."""
    path = settings.published_dir / "manifest.json"
    if not path.exists():
        return None
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def publish_set(
    settings: Settings,
    warehouse: Warehouse,
    marts: Sequence[PublicMart],
    outcomes: Sequence[CheckOutcome],
    held_tables: Sequence[Mapping[str, Any]] = (),
) -> PublishedSet:
    """Write the marts as a new set and point readers to it; equal content leaves the set before in place.

    Raises:
        GateClosedError: a mart has lost all its rows, or a column that readers may use without a step of its version.
    """
    sets = settings.published_dir / "sets"
    _drop_unseen(settings)
    folder = sets / ".candidate"
    build, current = warehouse.last_build(), read_manifest(settings)
    former = FormerSet((settings.published_dir / "current").resolve(), current) if current else None
    candidate = _exported(warehouse, marts, folder, build, former)
    if current and (faults := publish_faults(current, candidate.tables)):
        shutil.rmtree(folder)
        raise GateClosedError("Not published; what was published before stays.\n  " + "\n  ".join(faults))
    content = {
        "as_of_date": build.as_of_date.isoformat() if build else None,
        "code_version": code_version(),
        "tables": candidate.tables,
    }
    logs = {mart.name for mart in marts if mart.is_run_log}
    publish_id = _publish_id(content, logs)
    # What readers are told of held sources is content too.
    told = [{name: str(value) for name, value in row.items()} for row in held_tables]
    names = list(candidate.tables)
    if current and (current["publish_id"], current["held_tables"]) == (publish_id, told):
        if is_whole(settings):
            shutil.rmtree(folder)
            warehouse.publish(publish_id, "marts", names, candidate.shown_days)
            _drop_old_sets(settings)
            return PublishedSet(publish_id, is_unchanged=True, row_counts=candidate.row_counts)
        # A damaged file must not be handed on.
        shutil.rmtree(folder)
        candidate = _exported(warehouse, marts, folder, build, former=None)
    manifest = {
        "publish_id": publish_id,
        "published_at": datetime.now(UTC).isoformat(),
        "build": {"build_number": build.build_number, "build_id": build.build_id} if build else None,
        **content,
        "row_counts": candidate.row_counts,
        "held_tables": told,
        "checks": _told_checks(outcomes),
        "files": _digests(folder, candidate.digests),
    }
    _seal(folder, manifest)
    target = _free_place(sets, publish_id)
    folder.rename(target)
    sync(sets)
    warehouse.publish(publish_id, "marts", names, candidate.shown_days)
    _point_to(settings.published_dir, target.name)
    _drop_old_sets(settings)
    return PublishedSet(publish_id, is_unchanged=False, row_counts=candidate.row_counts)


def roll_back(settings: Settings, warehouse: Warehouse) -> str:
    """Point readers to the set published before the one that they see; its publish id.

    Raises:
        SettingsError: there is none that is whole.
    """
    current, manifest = (settings.published_dir / "current").resolve(), read_manifest(settings)
    published_at = manifest["published_at"] if manifest else ""
    earlier = [folder for moment, folder in _sets_by_age(settings) if moment < published_at and folder != current]
    for folder in reversed(earlier):
        if not damaged_files(folder):
            told: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
            warehouse.publish_files(told["publish_id"], list(told["tables"]), folder / "parquet")
            _point_to(settings.published_dir, folder.name)
            return str(told["publish_id"])
    raise SettingsError(
        f"{settings.published_dir} holds no earlier set that is whole, so readers stay with the one they see. "
        f"publish.sets_kept says how many sets are kept."
    )


def publish_faults(current: Mapping[str, Any], described: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What readers of the set before would miss: marts, rows, columns, types."""
    faults = []
    for name, before in current["tables"].items():
        now = described.get(name)
        if now is None:
            faults.append(f"{name} is gone: readers may use it. Bring it back, or start a new data folder without it.")
            continue
        if before["row_count"] and not now["row_count"] and not name.startswith(LIST_PREFIX):
            faults.append(f"{name} has no rows, and had {before['row_count']} before. See which input of it is empty.")
        if now["contract_version"] > before["contract_version"]:
            continue
        for column, kind in before["columns"].items():
            if now["columns"].get(column) != kind:
                became = now["columns"].get(column, "gone")
                faults.append(
                    f"{name}.{column} was {kind} and is {became}: readers may use it. Bring it back, or tell them and "
                    f"raise config.meta.contract_version in the mart's YAML to {before['contract_version'] + 1}."
                )
    return faults


def is_whole(settings: Settings) -> bool:
    """Whether the set that readers see has every file as it was written."""
    return not damaged_files((settings.published_dir / "current").resolve())


def damaged_files(folder: Path) -> list[str]:
    """Files of a set that are absent or not as they were written."""
    path = folder / "manifest.json"
    if not path.exists():
        return ["manifest.json"]
    told: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))["files"]
    return [name for name, digest in told.items() if not (folder / name).exists() or digest_of(folder / name) != digest]


@dataclass(frozen=True)
class _Candidate:
    """What was written for a set: the marts as its manifest tells them, and digests of the files that are known."""

    tables: dict[str, dict[str, Any]]
    digests: dict[str, str]
    shown_days: dict[str, ShownDays]

    @property
    def row_counts(self) -> dict[str, int]:
        return {name: table["row_count"] for name, table in self.tables.items()}


def _exported(
    warehouse: Warehouse, marts: Sequence[PublicMart], folder: Path, build: Build | None, former: FormerSet | None
) -> _Candidate:
    """Write the marts to a new folder; months of history that stand are taken over from the former set."""
    folder.mkdir(parents=True)
    shown_days = {mart.name: days for mart in marts if build and (days := mart.shown_days(build.as_of_date))}
    tables = warehouse.export("marts", {mart.name: mart.descriptions for mart in marts}, folder, shown_days)
    made = _Candidate({}, {}, shown_days)
    for table, mart in zip(tables, marts, strict=True):
        made.tables[mart.name] = _described(table, mart)
        if days := shown_days.get(mart.name):
            daily = DailyTable(mart.name, days.column, mart.descriptions)
            history = write_history(warehouse, daily, table.columns, folder, former)
            made.tables[mart.name] |= _described_history(days, history)
            made.digests.update(history.digests)
    return made


def _described_history(days: ShownDays, history: History) -> dict[str, Any]:
    return {
        "published_days": days.day_count,
        "range_column": days.column,
        "history_form": history.form,
        "history": list(history.months),
    }


def _described(table: ExportedTable, mart: PublicMart) -> dict[str, Any]:
    return {
        "row_count": table.row_count,
        "fingerprint": table.fingerprint,
        "columns": table.columns,
        "contract_version": mart.contract_version,
        "is_run_log": mart.is_run_log,
    }


def _told_checks(outcomes: Sequence[CheckOutcome]) -> dict[str, Any]:
    unmet = [outcome for outcome in outcomes if not outcome.passed]
    return {
        "passed": len(outcomes) - len(unmet),
        "failed": sum(outcome.is_blocking for outcome in unmet),
        "warned": [f"{outcome.asset}: {outcome.check}" for outcome in unmet if not outcome.is_blocking],
        "results": [vars(outcome) for outcome in outcomes],
    }


def _publish_id(content: Mapping[str, Any], logs: set[str]) -> str:
    """The same for the same rows by the same code."""
    tables = {
        name: {"columns": table["columns"]} if name in logs else table for name, table in content["tables"].items()
    }
    digest = hashlib.sha256(json.dumps({**content, "tables": tables}, sort_keys=True).encode()).hexdigest()[:12]
    return f"{content['as_of_date']}-{digest}"


def _digests(folder: Path, known: Mapping[str, str]) -> dict[str, str]:
    """Name and digest of each file of a folder; those that are known are not read again."""
    files = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {name: known.get(name) or digest_of(path) for name, path in files.items()}


def _seal(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write the manifest, and have the system put everything on disk."""
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    for path in [*folder.rglob("*"), folder]:
        sync(path)


def _free_place(sets: Path, publish_id: str) -> Path:
    """A folder that is not there yet: one that readers may have open is never written again."""
    number = 1
    while (place := sets / (publish_id if number == 1 else f"{publish_id}-{number}")).exists():
        number += 1
    return place


def _point_to(published: Path, set_name: str) -> None:
    """One rename moves every reader; the names that readers use lead through the pointer and never change."""
    waiting = published / ".current"
    waiting.unlink(missing_ok=True)
    waiting.symlink_to(Path("sets") / set_name)
    waiting.replace(published / "current")
    for name in POINTED_AT:
        link = published / name
        if not link.is_symlink():
            link.symlink_to(Path("current") / name)
    sync(published)


def _sets_by_age(settings: Settings) -> list[tuple[str, Path]]:
    """When each set was published, and its folder; the newest last. Folders without a manifest are no sets."""
    found = []
    for path in (settings.published_dir / "sets").glob("*/manifest.json"):
        if not path.parent.name.startswith("."):
            found.append((str(json.loads(path.read_text(encoding="utf-8"))["published_at"]), path.parent.resolve()))
    return sorted(found)


def _drop_old_sets(settings: Settings) -> None:
    current = (settings.published_dir / "current").resolve()
    others = [folder for _, folder in _sets_by_age(settings) if folder != current]
    for folder in others[: max(0, len(others) - settings.publish.sets_kept + 1)]:
        _drop(folder)


def _drop_unseen(settings: Settings) -> None:
    """Remove what a publish that was stopped left, and sets newer than the one that readers see: no reader has come to
    see them, or a rollback has taken them back."""
    current = (settings.published_dir / "current").resolve()
    moments = {folder: moment for moment, folder in _sets_by_age(settings)}
    seen = moments.get(current)
    for folder in (settings.published_dir / "sets").glob("*"):
        moment = moments.get(folder.resolve())
        if folder.resolve() != current and (moment is None or seen is None or moment > seen):
            _drop(folder)


def _drop(folder: Path) -> None:
    """Remove a set; should that be stopped half-way, its name says that it is none."""
    hidden = folder.with_name(f".{folder.name.lstrip('.')}")
    if hidden != folder:
        shutil.rmtree(hidden, ignore_errors=True)
        folder.rename(hidden)
    shutil.rmtree(hidden)
