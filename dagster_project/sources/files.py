"""Files as a source: CSV, JSON lines and Parquet, read by DuckDB and cast to the input contract.

Nothing is read row by row in Python. A file that cannot be read raises `SourceError`; a row that cannot be typed
is kept with its reason.
"""

import gzip
import hashlib
import json
import shutil
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

import duckdb

from dagster_project.contract import Entity
from dagster_project.durable import digest_of
from dagster_project.settings import FileTable
from dagster_project.sources.file_mapping import FileMapping, quoted, text_literal
from dagster_project.sources.landing import LandedBatch, LandedFile, SourceError
from dagster_project.warehouse.memory import memory_limit

DUCKDB_ENCODINGS = {"utf-8", "utf-16", "latin-1"}
COPY_CHUNK_CHARACTERS = 1 << 20
NAMED_PATHS = 3

# One row for each line that is no record, however often its file was scanned; the header is line 1.
MALFORMED_SQL = """
    select
        reject_scans.file_path,
        reject_errors.line - 1 as row_number,
        row_number() over (partition by reject_scans.file_path order by reject_errors.line) as place_among_malformed,
        any_value(reject_errors.column_name) as column_name,
        any_value(reject_errors.error_message) as value,
        any_value(reject_errors.csv_line) as source_row
    from reject_errors
    inner join reject_scans
        on reject_errors.scan_id = reject_scans.scan_id and reject_errors.file_id = reject_scans.file_id
    group by reject_scans.file_path, reject_errors.line
"""
NOTHING_MALFORMED_SQL = """
    select null::text as file_path, 0 as row_number, 0 as place_among_malformed, null::text as column_name,
        null::text as value, null::text as source_row
    where false
"""


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

    @property
    def transcoded_dir(self) -> Path:
        """UTF-8 copies of files in other encodings, under the files' own names; gone once the batch has landed."""
        return self.landing_dir / ".transcoded" / self.load_id


def extract_files(request: FilesRequest, files_known: AbstractSet[str]) -> LandedBatch | None:
    """Land the files of one table that are new by content; null where every file is known.

    `files_known` holds the fingerprints of the files loaded earlier. A file whose mapping has
    changed since is read again.

    Raises:
        SourceError: no file matches, a file is broken, or a mapped column is not in the file.
    """
    mapping = request.table.model_dump_json(exclude={"smallest_share_of_last_fetch"})
    mapping_hash = hashlib.sha256(mapping.encode()).hexdigest()
    joined = _matches(request, request.table.join.files) if request.table.join else []
    joined_hash = "".join(digest_of(path) for path in joined)
    fingerprints = {
        path: hashlib.sha256(f"{digest_of(path)}{joined_hash}{mapping_hash}".encode()).hexdigest()
        for path in _matches(request, request.table.files)
    }
    new = {path: print_ for path, print_ in fingerprints.items() if print_ not in files_known}
    if not new:
        return None
    with duckdb.connect() as connection:
        connection.execute("set preserve_insertion_order = true")
        connection.execute(f"set memory_limit = {text_literal(memory_limit())}")
        connection.execute(f"set temp_directory = {text_literal(str(request.landing_dir / '.spill'))}")
        connection.execute("set autoinstall_known_extensions = false")
        connection.execute(f"set TimeZone = {text_literal(request.table.timezone)}")
        try:
            return _land(connection, request, list(new), joined, list(new.values()))
        finally:
            shutil.rmtree(request.transcoded_dir, ignore_errors=True)


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
        rows_by_file = {
            Path(name): int(count)
            for name, count in connection.execute("select _file, count(*) from mapped group by _file").fetchall()
        }
        counts = connection.execute(
            "select count(*), count(*) filter (where not _is_kept), "
            "count(*) filter (where _is_kept and _rejection is not null) from mapped"
        ).fetchone()
        connection.execute(
            f"copy (select * exclude (_file, _is_kept, _rejection, _source_row) from mapped "
            f"where _is_kept and _rejection is null) to {text_literal(str(rows_path))} (format parquet)"
        )
        connection.execute(
            f"copy ({_rejected_sql(request, has_malformed=malformed is not None)}) "
            f"to {text_literal(str(rejected_path))} (format parquet)"
        )
    except duckdb.Error as error:
        listed = ", ".join(str(path) for path in paths[:NAMED_PATHS]) + (" …" if len(paths) > NAMED_PATHS else "")
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
            LandedFile(str(path), print_, path.stat().st_size, rows_by_file.get(_as_read(request, path), 0))
            for path, print_ in zip(paths, fingerprints, strict=True)
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
    if _is_transcoded(request, paths[0]):
        paths = [_transcoded(request, path) for path in paths]
    listed = "[" + ", ".join(text_literal(str(path)) for path in paths) + "]"
    if kind == "parquet":
        return f"read_parquet({listed}, filename = '_source_file', union_by_name = true)"
    if kind == "jsonl":
        return _json_lines(request, paths, listed)
    encoding = table.encoding.lower() if table.encoding.lower() in DUCKDB_ENCODINGS else "utf-8"
    options = (
        f"header = true, all_varchar = true, delim = {text_literal(table.delimiter)}, "
        f"quote = '\"', escape = '\"', encoding = {text_literal(encoding)}, strict_mode = true, null_padding = false, "
        f"store_rejects = true, rejects_limit = 0, max_line_size = 20000000, filename = '_source_file'"
    )
    if table.comment:
        options += f", comment = {text_literal(table.comment)}"
    # Lines that are no record are kept only where each file is read by itself.
    readers = [f"select * from read_csv({text_literal(str(path))}, {options})" for path in paths]
    return "(" + " union all by name ".join(readers) + ")"


def _json_lines(request: FilesRequest, paths: list[Path], listed: str) -> str:
    """JSON lines as text columns: the keys are collected first, because rows may leave some out."""
    with duckdb.connect() as connection:
        try:
            found = connection.execute(
                f"select distinct unnest(json_keys(json)) as key from read_ndjson_objects({listed}) order by key"
            ).fetchall()
        except duckdb.Error as error:
            named = ", ".join(str(path) for path in paths[:NAMED_PATHS])
            raise SourceError(f"{request.place}: cannot read {named} as JSON lines: {error}") from error
    keys = ", ".join(f"json ->> {text_literal('$.' + json.dumps(key))} as {quoted(key)}" for (key,) in found)
    reader = f"read_ndjson_objects({listed}, filename = '_source_file')"
    return f"(select {keys + ',' if keys else ''} _source_file from {reader})"


def _is_transcoded(request: FilesRequest, path: Path) -> bool:
    """Whether DuckDB reads a copy, because it does not know the file's encoding."""
    return _format(request.table, path) != "parquet" and request.table.encoding.lower() not in DUCKDB_ENCODINGS


def _as_read(request: FilesRequest, path: Path) -> Path:
    """The file that DuckDB reads for a file of the source."""
    return request.transcoded_dir / path.relative_to(request.folder) if _is_transcoded(request, path) else path


def _transcoded(request: FilesRequest, path: Path) -> Path:
    """A UTF-8 copy of a file in an encoding that DuckDB does not read itself."""
    copy = _as_read(request, path)
    copy.parent.mkdir(parents=True, exist_ok=True)
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with (
            opened(path, "rt", encoding=request.table.encoding, newline="") as source,
            opened(copy, "wt", encoding="utf-8", newline="") as target,
        ):
            while chunk := source.read(COPY_CHUNK_CHARACTERS):
                target.write(chunk)
    except (EOFError, gzip.BadGzipFile) as error:
        raise SourceError(f"{request.place}: {path} is broken: {error} Check that the file is whole.") from error
    except (UnicodeDecodeError, LookupError) as error:
        raise SourceError(f"{request.place}: {path} is not encoded in {request.table.encoding}: {error}") from error
    return copy


def _columns(connection: duckdb.DuckDBPyConnection, reader: str) -> dict[str, str]:
    """Column name to DuckDB type, without the file name."""
    described = connection.execute(f"describe select * from {reader}").fetchall()
    return {row[0]: row[1] for row in described if row[0] != "_source_file"}


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
    row = connection.execute(f"select count(*) from ({MALFORMED_SQL})").fetchone()
    return int(row[0]) if row else 0


def _rejected_sql(request: FilesRequest, *, has_malformed: bool) -> str:
    """Every rejected row with its file and its number there; lines that are no record count as rows too."""
    copies, folder = text_literal(str(request.transcoded_dir)), text_literal(str(request.folder))
    malformed = MALFORMED_SQL if has_malformed else NOTHING_MALFORMED_SQL
    return f"""
        with malformed as ({malformed}),
        typed as (
            select *, _row_number - min(_row_number) over (partition by _file) + 1 as _number_in_file from mapped
        ),
        rejected as (
            select
                _file as file_path,
                _number_in_file + (
                    select count(*) from malformed
                    where malformed.file_path = typed._file
                        and malformed.row_number - malformed.place_among_malformed < typed._number_in_file
                ) as row_number,
                _rejection.column_name as column_name,
                _rejection.reason as reason,
                _rejection.value as value,
                _source_row as source_row
            from typed
            where _is_kept and _rejection is not null
            union all
            select file_path, row_number, column_name, 'malformed_line', value, source_row from malformed
        )
        select replace(file_path, {copies}, {folder}) as file_path, rejected.* exclude (file_path)
        from rejected
        order by file_path, row_number
    """
