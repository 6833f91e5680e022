"""What every source hands over: one landed batch of typed rows, and the rows that could not be typed."""

from dataclasses import dataclass
from pathlib import Path


class SourceError(Exception):
    """A source cannot be read at all; the message says what, where and what to do."""


@dataclass(frozen=True)
class LandedFile:
    """One file that was read, known again by its content."""

    path: str
    fingerprint: str
    size_bytes: int


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

    @property
    def table_name(self) -> str:
        """Name of the raw table that takes the rows."""
        return f"{self.source_type}_{self.entity}"
