"""Readers of the published set: resolve the pointer once, open by the real path, never write."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb


class PublishedReader:
    """One published set, the one that stood when the reader was made."""

    def __init__(self, published_dir: Path) -> None:
        self.path = (published_dir / "current").resolve() / "marts.duckdb"

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Result of a query as dictionaries."""
        with duckdb.connect(self.path, read_only=True) as connection:
            result = connection.execute(query, list(parameters))
            names = [column[0] for column in result.description or []]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
