"""Files as a source: CSV, JSON lines and Parquet, read by DuckDB and cast to the input contract.

Nothing is read row by row in Python. A file that cannot be read raises `SourceError`; a row that cannot be typed
is kept with its reason.
"""

import hashlib
import json
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

import duckdb

from dagster_project.contract import Entity
from dagster_project.settings import FileTable
from dagster_project.sources.file_mapping import FileMapping, quoted, text_literal
from dagster_project.sources.landing import LandedBatch, LandedFile, SourceError

DUCKDB_ENCODINGS = {"utf-8", "utf-16", "latin-1"}
HASH_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class FilesRequest:
    """One table of a files source, with its folder resolved."""

    source_name: str
    folder: Path
    table: FileTable
    entity: Entity
    landing_dir: Path
    load_id: str

    @property
    def place(self) -> str:
        """Where the configuration declares it."""
        return f"sources.{self.source_name}.tables.{self.entity.name}"


def extract_files(request: FilesRequest, files_known: AbstractSet[str]) -> LandedBatch | None:
    """Land the files of one table that are new by content; null where every file is known.

    `files_known` holds the fingerprints that `file_fingerprint` gave at earlier loads. A file whose mapping has
    changed since is read again.

    Raises:
        SourceError: no file matches, a file is broken, or a mapped column is not in the file.
    """
    mapping_hash = hashlib.sha256(request.table.model_dump_json().encode()).hexdigest()
    joined = _matches(request, request.table.join.files) if request.table.join else []
    joined_hash = "".join(_sha256(path) for path in joined)
    fingerprints = {
        path: hashlib.sha256(f"{_sha256(path)}{joined_hash}{mapping_hash}".encode()).hexdigest()
        for path in _matches(request, request.table.files)
    }
    new = {path: print_ for path, print_ in fingerprints.items() if print_ not in files_known}
    if not new:
        return None
    with duckdb.connect() as connection:
        connection.execute("set preserve_insertion_order = true")
        connection.execute(f"set temp_directory = {text_literal(str(request.landing_dir / '.spill'))}")
        connection.execute("set autoinstall_known_extensions = false")
        connection.execute(f"set TimeZone = {text_literal(request.table.timezone)}")
        return _land(connection, request, list(new), joined, list(new.values()))


def _land(
    connection: duckdb.DuckDBPyConnection,
    request: FilesRequest,
    paths: list[Path],
    joined: list[Path],
    fingerprints: list[str],
) -> LandedBatch:
    folder = request.landing_dir / request.source_name / request.entity.name
    folder.mkdir(parents=True, exist_ok=True)
    rows_path = folder / f"{request.load_id}.parquet"
    rejected_path = folder / f"{request.load_id}.rejected.parquet"
    reader = _reader(request, paths)
    joined_reader = _reader(request, joined) if joined else None
    try:
        mapping = FileMapping(
            entity=request.entity,
            table=request.table,
            place=request.place,
            columns=_columns(connection, reader),
            joined_columns=_columns(connection, joined_reader) if joined_reader else {},
        )
        if joined_reader:
            _require_unique_join(connection, request, joined_reader)
        connection.execute(mapping.mapped_sql(request.source_name, reader, joined_reader))
        malformed = _malformed_count(connection)
        counts = connection.execute(
            "select count(*), count(*) filter (where not _is_kept), "
            "count(*) filter (where _is_kept and _rejection is not null) from mapped"
        ).fetchone()
        connection.execute(
            f"copy (select * exclude (_file, _is_kept, _rejection, _source_row) from mapped "
            f"where _is_kept and _rejection is null) to {text_literal(str(rows_path))} (format parquet)"
        )
        connection.execute(
            f"copy ({_rejected_sql(has_malformed=malformed is not None)}) "
            f"to {text_literal(str(rejected_path))} (format parquet)"
        )
    except duckdb.Error as error:
        rows_path.unlink(missing_ok=True)
        rejected_path.unlink(missing_ok=True)
        listed = ", ".join(str(path) for path in paths[:3]) + (" …" if len(paths) > 3 else "")  # noqa: PLR2004
        raise SourceError(
            f"{request.place}: cannot read {listed} as {_format(request.table, paths[0])}: {error}\n"
            f"Check that the file is whole, and its format, delimiter and encoding in the configuration."
        ) from error
    rows, filtered, rejected = counts or (0, 0, 0)
    return LandedBatch(
        load_id=request.load_id,
        source_name=request.source_name,
        source_type="files",
        entity=request.entity.name,
        rows_path=rows_path,
        rejected_path=rejected_path,
        files=tuple(
            LandedFile(str(path), print_, path.stat().st_size) for path, print_ in zip(paths, fingerprints, strict=True)
        ),
        fed_columns=mapping.fed_columns,
        is_reconstructed=request.table.is_reconstructed,
        source_delay_hours=request.table.source_delay_hours,
        rows_read=rows + (malformed or 0),
        rows_filtered=filtered,
        rows_rejected=rejected + (malformed or 0),
    )


def _matches(request: FilesRequest, pattern: str) -> list[Path]:
    if not request.folder.is_dir():
        raise SourceError(f"{request.place}: the folder {request.folder} does not exist. Correct the source's folder.")
    paths = sorted(path for path in request.folder.glob(pattern) if path.is_file())
    if not paths:
        raise SourceError(f"{request.place}: no file matches '{pattern}' in {request.folder}.")
    for path in paths:
        if path.stat().st_size == 0:
            raise SourceError(f"{request.place}: {path} is empty (0 bytes); even a table without rows has a header.")
    return paths


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(HASH_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _format(table: FileTable, path: Path) -> str:
    if table.format:
        return table.format
    suffix = path.name.removesuffix(".gz").rpartition(".")[2].lower()
    return {"csv": "csv", "tsv": "csv", "txt": "csv", "jsonl": "jsonl", "ndjson": "jsonl", "json": "jsonl"}.get(
        suffix, "parquet" if suffix in {"parquet", "pq"} else "csv"
    )


def _reader(request: FilesRequest, paths: list[Path]) -> str:
    """A table function over the files; every column of text formats stays text, so that no value is guessed at."""
    table = request.table
    kind = _format(table, paths[0])
    if kind != "parquet" and table.encoding.lower() not in DUCKDB_ENCODINGS:
        paths = [_transcoded(request, path) for path in paths]
    listed = "[" + ", ".join(text_literal(str(path)) for path in paths) + "]"
    if kind == "parquet":
        return f"read_parquet({listed}, filename = true, union_by_name = true)"
    if kind == "jsonl":
        return _json_lines(paths, listed)
    encoding = table.encoding.lower() if table.encoding.lower() in DUCKDB_ENCODINGS else "utf-8"
    return (
        f"read_csv({listed}, header = true, all_varchar = true, delim = {text_literal(table.delimiter)}, "
        f"quote = '\"', escape = '\"', encoding = {text_literal(encoding)}, strict_mode = true, null_padding = false, "
        f"store_rejects = true, rejects_limit = 0, max_line_size = 20000000, filename = true, "
        f"union_by_name = {'true' if len(paths) > 1 else 'false'})"
    )


def _json_lines(paths: list[Path], listed: str) -> str:
    """JSON lines as text columns: the keys are collected first, because rows may leave some out."""
    with duckdb.connect() as connection:
        try:
            found = connection.execute(
                f"select distinct unnest(json_keys(json)) as key from read_ndjson_objects({listed}) order by key"
            ).fetchall()
        except duckdb.Error as error:
            raise SourceError(f"cannot read {paths[0]} as JSON lines: {error}") from error
    keys = ", ".join(f"json ->> {text_literal('$.' + json.dumps(key))} as {quoted(key)}" for (key,) in found)
    return f"(select {keys + ',' if keys else ''} filename from read_ndjson_objects({listed}, filename = true))"


def _transcoded(request: FilesRequest, path: Path) -> Path:
    """A UTF-8 copy of a file in an encoding that DuckDB does not read itself."""
    folder = request.landing_dir / ".transcoded"
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / f"{request.source_name}-{path.name}"
    try:
        with (
            path.open("r", encoding=request.table.encoding, newline="") as source,
            copy.open("w", encoding="utf-8", newline="") as target,
        ):
            while chunk := source.read(HASH_CHUNK_BYTES):
                target.write(chunk)
    except (UnicodeDecodeError, LookupError) as error:
        raise SourceError(f"{request.place}: {path} is not encoded in {request.table.encoding}: {error}") from error
    return copy


def _columns(connection: duckdb.DuckDBPyConnection, reader: str) -> dict[str, str]:
    """Column name to DuckDB type, without the file name."""
    described = connection.execute(f"describe select * from {reader}").fetchall()
    return {row[0]: row[1] for row in described if row[0] != "filename"}


def _require_unique_join(connection: duckdb.DuckDBPyConnection, request: FilesRequest, reader: str) -> None:
    join = request.table.join
    if join is None:
        return
    keys = ", ".join(quoted(column) for column in join.on.values())
    repeated = connection.execute(
        f"select {keys}, count(*) from {reader} group by {keys} having count(*) > 1 limit 1"
    ).fetchone()
    if repeated:
        raise SourceError(
            f"{request.place}.join: the key {', '.join(join.on.values())} repeats in {join.files} "
            f"(for instance {repeated[:-1]}), so that rows would multiply. Join on a key that is unique."
        )


def _malformed_count(connection: duckdb.DuckDBPyConnection) -> int | None:
    """Lines that are no record at all, such as one with a field too many; null where no CSV was read."""
    tables = connection.execute("select count(*) from duckdb_tables() where table_name = 'reject_errors'").fetchone()
    if not tables or not tables[0]:
        return None
    row = connection.execute("select count(distinct (scan_id, file_id, line)) from reject_errors").fetchone()
    return int(row[0]) if row else 0


def _rejected_sql(*, has_malformed: bool) -> str:
    typed = """
        select
            mapped._file as file_path,
            mapped._row_number - first_rows.first_row + 1 as row_number,
            mapped._rejection.column_name as column_name,
            mapped._rejection.reason as reason,
            mapped._rejection.value as value,
            mapped._source_row as source_row
        from mapped
        inner join (select _file, min(_row_number) as first_row from mapped group by _file) as first_rows
            on mapped._file is not distinct from first_rows._file
        where mapped._is_kept and mapped._rejection is not null
    """
    if not has_malformed:
        return typed
    return f"""
        {typed}
        union all
        select
            any_value(reject_scans.file_path), reject_errors.line - 1, any_value(reject_errors.column_name),
            'malformed_line', any_value(reject_errors.error_message), any_value(reject_errors.csv_line)
        from reject_errors
        inner join reject_scans
            on reject_errors.scan_id = reject_scans.scan_id and reject_errors.file_id = reject_scans.file_id
        group by reject_errors.scan_id, reject_errors.file_id, reject_errors.line
    """
