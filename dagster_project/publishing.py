"""Publish sets: written beside, made durable, then pointed at in one step, so that no reader sees half of one."""

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dagster_project.checks.gate import CheckOutcome
from dagster_project.code_version import code_version
from dagster_project.settings import Settings
from dagster_project.warehouse.interface import ExportedTable, Warehouse

POINTED_AT = ("marts.duckdb", "parquet", "manifest.json")


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
    settings: Settings, warehouse: Warehouse, marts: Sequence[str], outcomes: Sequence[CheckOutcome]
) -> PublishedSet:
    """Write the marts as a new set and point readers to it; equal content leaves the set before in place."""
    sets = settings.published_dir / "sets"
    candidate = sets / ".candidate"
    shutil.rmtree(candidate, ignore_errors=True)
    candidate.mkdir(parents=True)
    tables = warehouse.export("marts", marts, candidate)
    build = warehouse.last_build()
    version = code_version()
    content = {
        "as_of_date": build.as_of_date.isoformat() if build else None,
        "code_version": version,
        "tables": {table.name: _described(table) for table in tables},
    }
    publish_id = _publish_id(content)
    row_counts = {table.name: table.row_count for table in tables}
    current = read_manifest(settings)
    if current and current["publish_id"] == publish_id and (sets / publish_id / "marts.duckdb").exists():
        shutil.rmtree(candidate)
        warehouse.publish(publish_id, "marts", marts)
        return PublishedSet(publish_id, is_unchanged=True, row_counts=row_counts)
    manifest = {
        "publish_id": publish_id,
        "published_at": datetime.now(UTC).isoformat(timespec="seconds"),
        **content,
        "row_counts": row_counts,
        "checks": {
            "passed": sum(outcome.passed for outcome in outcomes),
            "failed": sum(outcome.is_blocking and not outcome.passed for outcome in outcomes),
            "warned": [
                f"{outcome.asset}: {outcome.check}"
                for outcome in outcomes
                if not outcome.passed and not outcome.is_blocking
            ],
            "results": [vars(outcome) for outcome in outcomes],
        },
    }
    (candidate / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    _make_durable(candidate)
    target = sets / publish_id
    shutil.rmtree(target, ignore_errors=True)
    candidate.rename(target)
    warehouse.publish(publish_id, "marts", marts)
    _point_to(settings.published_dir, publish_id)
    _drop_old_sets(sets, publish_id, settings.publish.sets_kept)
    return PublishedSet(publish_id, is_unchanged=False, row_counts=row_counts)


def _described(table: ExportedTable) -> dict[str, Any]:
    return {"row_count": table.row_count, "fingerprint": table.fingerprint, "columns": table.columns}


def _publish_id(content: dict[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
    return f"{content['as_of_date']}-{digest}"


def _make_durable(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _point_to(published: Path, publish_id: str) -> None:
    """One rename moves every reader; the names that readers use lead through the pointer and never change."""
    waiting = published / ".current"
    waiting.unlink(missing_ok=True)
    waiting.symlink_to(Path("sets") / publish_id)
    waiting.replace(published / "current")
    for name in POINTED_AT:
        link = published / name
        if not link.is_symlink():
            link.symlink_to(Path("current") / name)


def _drop_old_sets(sets: Path, publish_id: str, kept: int) -> None:
    others = [path for path in sets.iterdir() if path.name != publish_id and not path.name.startswith(".")]
    by_age = sorted(others, key=lambda path: path.stat().st_mtime, reverse=True)
    for path in by_age[kept - 1 :]:
        shutil.rmtree(path)
