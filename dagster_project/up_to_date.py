"""Whether a run would change anything: the same files, code, configuration and day give the same published set."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dagster_project.code_version import code_version
from dagster_project.days import newest_day
from dagster_project.durable import write_durably
from dagster_project.publishing import read_manifest
from dagster_project.settings import ApiSource, Settings
from dagster_project.warehouse import open_warehouse


def note_files_seen(settings: Settings, source_name: str, entity: str) -> None:
    """Remember names, sizes and times of a table's files, just before they are read."""
    path = _seen_path(settings, source_name, entity)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_files_now(settings, source_name, entity)))


def forget_published(settings: Settings) -> None:
    """Before anything is read: until the next publish, only a run can say whether something is new."""
    _published_path(settings).unlink(missing_ok=True)


def note_published(settings: Settings, publish_id: str) -> None:
    """Remember what the published set was made from."""
    write_durably(_published_path(settings), json.dumps({"publish_id": publish_id, **_inputs(settings)}))


def is_up_to_date(settings: Settings) -> bool:
    """True where the published set stands and nothing that it was made from has changed since."""
    manifest, noted = read_manifest(settings), _published_path(settings)
    if any(is_elsewhere(settings, name) for name in settings.sources):
        return False  # only those who are asked know
    if manifest is None or not noted.exists() or not open_warehouse(settings).exists():
        return False
    if not all((settings.published_dir / "current" / name).exists() for name in manifest["files"]):
        return False
    if json.loads(noted.read_text()) != {"publish_id": manifest["publish_id"], **_inputs(settings)}:
        return False
    return all(
        _seen_path(settings, source_name, entity).exists()
        and json.loads(_seen_path(settings, source_name, entity).read_text())
        == _files_now(settings, source_name, entity)
        for source_name, source in settings.sources.items()
        for entity in source.tables
    )


def is_elsewhere(settings: Settings, source_name: str) -> bool:
    """Whether a source has to be asked to know what is new: a vendor, or storage that is not on this machine."""
    source = settings.sources[source_name]
    if isinstance(source, ApiSource):
        return not settings.is_of_demo(source)
    return not isinstance(settings.require_folder(source_name, source), Path)


def _inputs(settings: Settings) -> dict[str, Any]:
    return {
        "code_version": code_version(),
        "configuration": hashlib.sha256(settings.config_path.read_bytes()).hexdigest(),
        "as_of_date": newest_day(settings).isoformat(),
        "last_load_number": open_warehouse(settings).last_load_number(),
    }


def _files_now(settings: Settings, source_name: str, entity: str) -> list[list[str | int]]:
    source = settings.sources[source_name]
    if isinstance(source, ApiSource):
        return _listed(settings.demo_dir.rglob("*.*")) if settings.is_of_demo(source) else []
    folder, table = settings.require_folder(source_name, source), source.tables[entity]
    if not isinstance(folder, Path):
        return []
    patterns = [table.files, *([table.join.files] if table.join else [])]
    return _listed(path for pattern in patterns for path in folder.glob(pattern))


def _listed(paths: Iterable[Path]) -> list[list[str | int]]:
    return [[str(path), (told := path.stat()).st_size, told.st_mtime_ns] for path in sorted(paths)]


def _seen_path(settings: Settings, source_name: str, entity: str) -> Path:
    return settings.home / "build" / "seen" / f"{source_name}.{entity}.json"


def _published_path(settings: Settings) -> Path:
    return settings.home / "build" / "published.json"
