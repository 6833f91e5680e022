"""Files of equal bytes for equal rows, and a folder that is never seen half written."""

import csv
import gzip
import io
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.contract import Entity, input_contract
from dagster_project.demo.usage import USAGE_SCHEMA
from dagster_project.demo.window import Row

UPDATED_AT = "updated_at"
JSON_ENTITIES = frozenset({"tickets"})
PARQUET_ENTITIES = frozenset({"ticket_messages", "engagements"})
_ARROW_TYPES = {
    "text": pa.string(),
    "boolean": pa.bool_(),
    "integer": pa.int32(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}
# Text that repeats; ids of events and moments are left plain, which is quicker to write.
_USAGE_DICTIONARIES = ["account_id", "user_id", "contract_id", "feature_id", "device_kind", "event_count"]


class ExportFiles:
    """The files of one export below a folder: one for each source and entity, opened at its first row.

    The name of a file is `<source>/<entity>/<name>.<ending>`. Use it as a context manager.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.counts: dict[str, int] = {}
        self._folder, self._name = folder, name
        self._writers: dict[str, Callable[[Sequence[Row]], None]] = {}
        self._usage: dict[str, pq.ParquetWriter] = {}
        self._stack = ExitStack()

    def __enter__(self) -> "ExportFiles":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def append(self, source_name: str, entity_name: str, rows: Sequence[Row]) -> None:
        """Write rows, which have the contract's columns and `updated_at`, behind those already written."""
        if not rows:
            return
        ending = "csv"
        if entity_name in JSON_ENTITIES:
            ending = "jsonl.gz"
        elif entity_name in PARQUET_ENTITIES:
            ending = "parquet"
        path = f"{source_name}/{entity_name}/{self._name}.{ending}"
        if path not in self._writers:
            self._writers[path] = self._opened(self._new_file(path), ending, input_contract()[entity_name])
        self._writers[path](rows)
        self.counts[path] = self.counts.get(path, 0) + len(rows)

    def append_usage(self, source_name: str, name: str, events: pa.Table) -> None:
        """Write events as one row group of the file with this name."""
        if not events.num_rows:
            return
        path = f"{source_name}/usage_events/{name}.parquet"
        if path not in self._usage:
            self._usage[path] = self._stack.enter_context(
                pq.ParquetWriter(
                    self._new_file(path),
                    pa.schema([field.with_type(events.schema.field(field.name).type) for field in USAGE_SCHEMA]),
                    compression="zstd",
                    compression_level=1,
                    use_dictionary=_USAGE_DICTIONARIES,
                    store_schema=False,
                )
            )
        self._usage[path].write_table(events, row_group_size=max(1, events.num_rows))
        self.counts[path] = self.counts.get(path, 0) + events.num_rows

    def _new_file(self, path: str) -> Path:
        target = self._folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def _opened(self, path: Path, ending: str, entity: Entity) -> Callable[[Sequence[Row]], None]:
        columns = [*entity.column_names, UPDATED_AT]
        if ending == "csv":
            file = self._stack.enter_context(path.open("w", encoding="utf-8", newline=""))
            return _csv_appender(file, columns)
        if ending == "jsonl.gz":
            plain = self._stack.enter_context(path.open("wb"))
            packed = gzip.GzipFile(filename="", mode="wb", fileobj=plain, mtime=0)
            return _json_appender(cast(BinaryIO, self._stack.enter_context(packed)), columns)
        schema = pa.schema([(column.name, _arrow_type(column.data_type)) for column in entity.columns])
        schema = schema.append(pa.field(UPDATED_AT, _ARROW_TYPES["timestamp"]))
        writer = self._stack.enter_context(pq.ParquetWriter(path, schema, compression="zstd"))
        return lambda rows: writer.write_table(_table(rows, schema))


def _arrow_type(data_type: str) -> pa.DataType:
    return _ARROW_TYPES.get(data_type, pa.decimal128(18, 6))


def _csv_appender(file: io.TextIOBase | io.TextIOWrapper, columns: Sequence[str]) -> Callable[[Sequence[Row]], None]:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    return lambda rows: writer.writerows([[_cell(row[name]) for name in columns] for row in rows])


def _cell(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value


def _json_appender(file: BinaryIO, columns: Sequence[str]) -> Callable[[Sequence[Row]], None]:
    def append(rows: Sequence[Row]) -> None:
        told = ({name: row[name] for name in columns} for row in rows)
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in told)
        file.write(lines.encode("utf-8"))

    return append


def _table(rows: Sequence[Row], schema: pa.Schema) -> pa.Table:
    """Rows in the schema's types; dates and moments come as text."""
    columns = []
    for field in schema:
        values = [row[field.name] for row in rows]
        if pa.types.is_date(field.type) or pa.types.is_timestamp(field.type):
            columns.append(pa.array(values, pa.string()).cast(field.type))
        else:
            columns.append(pa.array(values, field.type))
    return pa.table(columns, schema=schema)


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Write rows under a header in UTF-8; none becomes an empty cell."""
    with path.open("w", encoding="utf-8", newline="") as file:
        _csv_appender(file, columns)(list(rows))


def move_files(source: Path, target: Path) -> None:
    """Move every file below `source` to the same place below `target`, one by one; a file there is replaced."""
    for path in sorted(path for path in source.rglob("*") if path.is_file()):
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        path.replace(place)


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
