"""An open transaction of an engine, and constants in the SQL that all engines share."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol


class Session(Protocol):
    """One open transaction of an engine. What a call makes as a temporary table lasts until the session ends."""

    def run(self, sql: str) -> None:
        """Execute a statement."""

    def all(self, sql: str) -> list[tuple[Any, ...]]:
        """Every row of a query."""

    def dictionaries(self, sql: str) -> list[dict[str, Any]]:
        """Every row of a query by column name."""

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Append rows, their values bound as parameters."""

    def landed(self, path: Path, name: str) -> str:
        """A relation with the rows of a landed Parquet file; `name` is free for a temporary table."""


def fetched_dictionaries(cursor: Any) -> list[dict[str, Any]]:
    """Every row that a DB-API cursor still holds, by column name."""
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def one(session: Session, query: str) -> Any:
    """The first value of a query; null where it has no rows."""
    rows = session.all(query)
    return rows[0][0] if rows else None


def date_literal(day: date) -> str:
    """A day as a constant."""
    return f"date '{day.isoformat()}'"


def timestamp_literal(moment: datetime) -> str:
    """A moment as a constant."""
    return f"cast('{moment.isoformat(sep=' ')}' as timestamp)"
