"""Files of equal bytes for equal rows, and a folder that is never seen half written."""

import csv
import gzip
import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.demo.window import Row


def write_csv(path: Path, columns: Sequence[str], rows: Sequence[Row]) -> int:
    """Write rows under a header in UTF-8; none becomes an empty cell. Returns the number of rows."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return len(rows)


def _cell(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value


def write_json_lines(path: Path, rows: Sequence[Row]) -> int:
    """Write one JSON object a line, compressed by gzip without a time stamp. Returns the number of rows."""
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_bytes(gzip.compress(lines.encode("utf-8"), mtime=0))
    return len(rows)


def write_parquet(path: Path, table: pa.Table) -> int:
    """Write a table as one Parquet file. Returns the number of rows."""
    pq.write_table(table, path, compression="zstd")
    return int(table.num_rows)


@contextmanager
def replaced_folder(folder: Path, known_names: Iterable[str]) -> Iterator[Path]:
    """Give an empty folder to write into; it takes the place of `folder` when the block ends well.

    Raises FileExistsError, and leaves all as it is, where `folder` holds anything else than `known_names`.
    """
    strangers = {path.name for path in folder.iterdir()} - set(known_names) if folder.exists() else set()
    if strangers:
        raise FileExistsError(f"{folder} holds files of others: {', '.join(sorted(strangers))}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as staging:
        written, former = Path(staging, "written"), Path(staging, "former")
        written.mkdir()
        yield written
        if folder.exists():
            folder.rename(former)
        try:
            written.rename(folder)
        except OSError:
            if former.exists():
                former.rename(folder)
            raise
