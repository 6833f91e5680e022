"""What every source hands over: landed batches of typed rows, the rows that could not be typed, and a record of each.

Landing holds all that raw is made of, so that raw can be loaded from it again: a batch whose record stands beside its
rows is to be loaded, once. A batch that was held has a record of its own, and never gets there.
"""

import json
import shutil
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from dagster_project.durable import sync, write_durably

WORK_FOLDERS = (".pulled", ".transcoded", ".spill")
"""Where sources put what they are still working on."""
HELD_SUFFIX = ".held.json"


class SourceError(Exception):
    """A source cannot be read at all; the message says what, where and what to do."""


@dataclass(frozen=True)
class LandedFile:
    """One file that was read, known again by its content."""

    path: str
    fingerprint: str
    size_bytes: int
    row_count: int = 0


@dataclass(frozen=True)
class LandedBatch:
    """Rows of one entity on disk, not yet in raw.

    `rows_path` is Parquet with the entity's contract columns and `_record_key`, `_row_hash`, `_row_number`,
    `_source_time`, `_extra`. `rejected_path` is Parquet with one row per rejected row.
    rows_read = rows_landed + rows_rejected + rows_filtered.
    """

    load_id: str
    source_name: str
    source_type: str
    entity: str
    rows_path: Path
    rejected_path: Path
    files: tuple[LandedFile, ...]
    fed_columns: tuple[str, ...]
    is_reconstructed: bool
    source_delay_hours: float
    rows_read: int
    rows_filtered: int
    rows_rejected: int
    is_partial: bool = False
    """True where the rows are what changed, so that few of them say nothing about what is missing."""
    source_state: str | None = None
    """Where the next fetch goes on; counts once the batch is in raw."""
    removed_path: Path | None = None
    """Parquet with the `record_key` (without the source's name) and `removed_at` of records that are gone."""
    rows_removed: int = 0
    rows_held: int = 0
    """Records of the source that raw held when the removed ones were looked for."""

    @property
    def table_name(self) -> str:
        """Name of the raw table that takes the rows."""
        return f"{self.source_type}_{self.entity}"

    def hold(self, message: str) -> None:
        """Keep rows and rejections where they are, and say why they are not to be loaded.

        The same files held again leave no second copy.
        """
        folder, prints = self.rows_path.parent, sorted(file.fingerprint for file in self.files)
        for path in folder.glob(f"*{HELD_SUFFIX}"):
            if json.loads(path.read_text(encoding="utf-8"))["fingerprints"] == prints:
                self.discard()
                return
        told = {"message": message, "fingerprints": prints, "batch": asdict(self)}
        write_durably(self.rows_path.with_suffix(HELD_SUFFIX), json.dumps(told, default=str))

    def discard(self) -> None:
        """Remove what landed."""
        for path in (self.rows_path, self.rejected_path, self.removed_path):
            if path:
                path.unlink(missing_ok=True)


@dataclass(frozen=True)
class Delivery:
    """A landed batch that is to be in raw, with the times that were decided when it came."""

    batch: LandedBatch
    loaded_at: datetime
    earliest_known_at: datetime
    is_pinned: bool

    def keep(self) -> None:
        """Write the record beside the rows; from now on the batch gets into raw, in this run or the next."""
        for path in (self.batch.rows_path, self.batch.rejected_path, self.batch.removed_path):
            if path:
                sync(path)
        write_durably(self.batch.rows_path.with_suffix(".json"), json.dumps(asdict(self), default=str))


def deliveries_to_load(landing_dir: Path, loaded_ids: Collection[str]) -> list[Delivery]:
    """Recorded batches that raw does not hold, in the order in which they came.

    What a run left without any record when it was stopped is removed: its files will be read again.
    """
    for name in WORK_FOLDERS:
        shutil.rmtree(landing_dir / name, ignore_errors=True)
    records = {path.name.split(".")[0]: path for path in landing_dir.glob("*/*/*.json")}
    for path in [*landing_dir.glob("*/*/*.parquet"), *landing_dir.glob("*/*/*.waiting")]:
        if path.name.split(".")[0] not in records:
            path.unlink()
    paths = [path for load_id, path in records.items() if load_id not in loaded_ids and not _is_held(path)]
    return sorted((_read_delivery(path) for path in paths), key=lambda found: (found.loaded_at, found.batch.load_id))


def _is_held(path: Path) -> bool:
    return path.name.endswith(HELD_SUFFIX)


def _read_delivery(path: Path) -> Delivery:
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    batch = told.pop("batch")
    files = tuple(LandedFile(**file) for file in batch.pop("files"))
    # Beside the record, wherever the data folder lies by now.
    rows_path, rejected_path = path.with_suffix(".parquet"), path.with_suffix(".rejected.parquet")
    batch |= {"rows_path": rows_path, "rejected_path": rejected_path, "fed_columns": tuple(batch["fed_columns"])}
    if batch.get("removed_path"):
        batch["removed_path"] = path.with_suffix(".removed.parquet")
    return Delivery(
        batch=LandedBatch(**batch, files=files),
        loaded_at=datetime.fromisoformat(told["loaded_at"]),
        earliest_known_at=datetime.fromisoformat(told["earliest_known_at"]),
        is_pinned=told["is_pinned"],
    )
