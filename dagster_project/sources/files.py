"""Files as a source: CSV, JSON lines and Parquet, read by DuckDB and cast to the input contract.

Nothing is read row by row in Python. A file that cannot be read raises `SourceError`; a row that cannot be typed
is kept with its reason.
"""

import gzip
import hashlib
import json
import shutil
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import duckdb

from dagster_project.contract import Entity
from dagster_project.durable import digest_of
from dagster_project.settings import FileTable
from dagster_project.sources.file_mapping import FileMapping, quoted, text_literal
from dagster_project.sources.landing import LandedBatch, LandedFile, SourceError
from dagster_project.sources.shapes import shaped
from dagster_project.warehouse.memory import memory_limit

if TYPE_CHECKING:
    from dagster_project.sources.objects import ObjectStore, StoredObject

DUCKDB_ENCODINGS = {"utf-8", "utf-16", "latin-1"}
COPY_CHUNK_CHARACTERS = 1 << 20
COPY_CHUNK_BYTES = 1 << 20
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
    """One table of a files source, with its folder resolved.

    With a `store`, `folder` is where the copies of its objects go (`copies_dir`).
    """

    source_name: str
    folder: Path
    table: FileTable
    entity: Entity
    landing_dir: Path
    load_id: str
    source_type: str = "files"
    store: "ObjectStore | None" = None
    optional_columns: frozenset[str] = frozenset()
    """Mapped columns that JSON lines may leave out altogether."""

    @property
    def place(self) -> str:
        """Where the configuration declares it."""
        return f"sources.{self.source_name}.tables.{self.entity.name}"

    @property
    def work_dir(self) -> Path:
        """Copies of files that cannot be read where and as they are; gone once the batch has landed."""
        return self.landing_dir / ".read" / self.load_id


@dataclass(frozen=True)
class _ReadFile:
    """What DuckDB reads for a file of the source: the file itself, a copy in UTF-8, or a part of an archive."""

    source: Path
    path: Path
    address: str
    """As rejected rows name it."""


def copies_dir(landing_dir: Path, load_id: str) -> Path:
    """Where the objects of a store are copied to."""
    return landing_dir / ".read" / load_id / "fetched"


def extract_files(request: FilesRequest, files_known: AbstractSet[str]) -> LandedBatch | None:
    """Land the files of one table that are new by content; null where every file is known.

    `files_known` holds the fingerprints of the files loaded earlier. A file whose mapping has
    changed since is read again.

    Raises:
        SourceError: no file matches, a file is broken, or a mapped column is not in the file.
        OSError: the files cannot be reached now.
    """
    table, optional = shaped(request.table)
    request = replace(request, table=table, optional_columns=optional)
    _drop_left_behind(request)
    # Not the shape, but what it says.
    mapping = table.model_dump_json(exclude={"smallest_share_of_last_fetch", "shape"})
    mapping_hash = hashlib.sha256(mapping.encode()).hexdigest()
    try:
        if request.store:
            return _extract_objects(request, request.store, files_known, mapping_hash)
        joined = _matches(request, table.join.files) if table.join else []
        joined_hash = "".join(digest_of(path) for path in joined)
        fingerprints = {
            path: _fingerprint(digest_of(path), joined_hash, mapping_hash) for path in _matches(request, table.files)
        }
        new = {path: print_ for path, print_ in fingerprints.items() if print_ not in files_known}
        return land_files(request, new, joined) if new else None
    finally:
        shutil.rmtree(request.work_dir, ignore_errors=True)


def _extract_objects(
    request: FilesRequest, store: "ObjectStore", files_known: AbstractSet[str], mapping_hash: str
) -> LandedBatch | None:
    joined = _stored(request, store, request.table.join.files) if request.table.join else []
    found = _stored(request, store, request.table.files)
    joined_hash = "".join(store.digests(joined).values())
    digests = store.digests(found)
    store.keep_memory()
    fingerprints = {each: _fingerprint(digest, joined_hash, mapping_hash) for each, digest in digests.items()}
    new = {each: print_ for each, print_ in fingerprints.items() if print_ not in files_known}
    if not new:
        return None
    paths = store.fetch([*joined, *new])
    return land_files(
        request,
        {paths[each]: print_ for each, print_ in new.items()},
        [paths[each] for each in joined],
        {path: each.address for each, path in paths.items()},
    )


def _fingerprint(digest: str, joined_hash: str, mapping_hash: str) -> str:
    return hashlib.sha256(f"{digest}{joined_hash}{mapping_hash}".encode()).hexdigest()


def _drop_left_behind(request: FilesRequest) -> None:
    """Remove the copies of a run that was stopped."""
    for folder in request.work_dir.parent.glob("*"):
        if folder != request.work_dir:
            shutil.rmtree(folder, ignore_errors=True)


def land_files(
    request: FilesRequest,
    files: Mapping[Path, str],
    joined: Sequence[Path] = (),
    addresses: Mapping[Path, str] | None = None,
) -> LandedBatch:
    """Land files, each given with its fingerprint, and with its address where that is not its path.

    Raises:
        SourceError: a file is broken, or a mapped column is not in the file.
    """
    with duckdb.connect() as connection:
        connection.execute("set preserve_insertion_order = true")
        connection.execute(f"set memory_limit = {text_literal(memory_limit())}")
        connection.execute(f"set temp_directory = {text_literal(str(request.landing_dir / '.spill'))}")
        connection.execute("set autoinstall_known_extensions = false")
        connection.execute(f"set TimeZone = {text_literal(request.table.timezone)}")
        try:
            return _land(connection, request, files, list(joined), addresses or {})
        finally:
            shutil.rmtree(request.work_dir, ignore_errors=True)


def _land(
    connection: duckdb.DuckDBPyConnection,
    request: FilesRequest,
    files: Mapping[Path, str],
    joined: list[Path],
    addresses: Mapping[Path, str],
) -> LandedBatch:
    folder = request.landing_dir / request.source_name / request.entity.name
    folder.mkdir(parents=True, exist_ok=True)
    rows_path = folder / f"{request.load_id}.parquet"
    rejected_path = folder / f"{request.load_id}.rejected.parquet"
    read = list(_read_files(request, list(files), addresses))
    read_joined = list(_read_files(request, joined, addresses))
    kind = _format(request.table, read[0].path)
    try:
        reader = _reader(request, read, _wanted(request.table))
        joined_reader = _reader(request, read_joined, _wanted_of_joined(request.table)) if joined else None
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
        rows_by_path = {
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
            f"copy ({_rejected_sql([*read, *read_joined], has_malformed=malformed is not None)}) "
            f"to {text_literal(str(rejected_path))} (format parquet)"
        )
    except duckdb.Error as error:
        told = str(error)
        for each in read:
            told = told.replace(str(each.path), each.address)
        raise SourceError(
            f"{request.place}: cannot read {_named(read)} as {kind}: {told}\n"
            f"Check that the file is whole, and its format, delimiter and encoding in the configuration."
        ) from error
    rows, filtered, rejected = counts or (0, 0, 0)
    rows_by_file = dict.fromkeys(files, 0)
    for each in read:
        rows_by_file[each.source] += rows_by_path.get(each.path, 0)
    return LandedBatch(
        load_id=request.load_id,
        source_name=request.source_name,
        source_type=request.source_type,
        entity=request.entity.name,
        rows_path=rows_path,
        rejected_path=rejected_path,
        files=tuple(
            LandedFile(addresses.get(path, str(path)), print_, path.stat().st_size, rows_by_file[path])
            for path, print_ in files.items()
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


def _stored(request: FilesRequest, store: "ObjectStore", pattern: str) -> "list[StoredObject]":
    found = store.find(pattern)
    if not found:
        raise SourceError(f"{request.place}: no file matches '{pattern}' in {store.address}.")
    for each in found:
        if each.size == 0:
            raise SourceError(
                f"{request.place}: {each.address} is empty (0 bytes); even a table without rows has a header."
            )
    return found


def _read_files(request: FilesRequest, paths: Sequence[Path], addresses: Mapping[Path, str]) -> Iterator[_ReadFile]:
    """What is read for each file; archives are unpacked, and what is in a foreign encoding is copied."""
    for number, path in enumerate(paths):
        address = addresses.get(path, str(path))
        whole = _ReadFile(path, path, address)
        for each in _unpacked(request, whole, number) if path.suffix.lower() == ".zip" else [whole]:
            yield _transcoded(request, each) if _is_transcoded(request, each.path) else each


def _unpacked(request: FilesRequest, archive: _ReadFile, number: int) -> Iterator[_ReadFile]:
    """The files of a zip archive, in the order of their names."""
    folder = request.work_dir / "unpacked" / str(number)
    is_empty = True
    try:
        with zipfile.ZipFile(archive.path) as opened:
            members = sorted((member for member in opened.infolist() if not member.is_dir()), key=lambda m: m.filename)
            for place, member in enumerate(members):
                if PurePosixPath(member.filename).parts[0] == "__MACOSX":
                    continue
                # The name within the archive leads nowhere: each file gets a folder of ours.
                path = folder / str(place) / PurePosixPath(member.filename).name
                path.parent.mkdir(parents=True, exist_ok=True)
                with opened.open(member) as source, path.open("wb") as target:
                    shutil.copyfileobj(source, target, COPY_CHUNK_BYTES)
                is_empty = False
                yield _ReadFile(archive.source, path, f"{archive.address}/{member.filename}")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise SourceError(
            f"{request.place}: {archive.address} cannot be unpacked: {error}. "
            f"Check that it is whole, and not encrypted."
        ) from error
    if is_empty:
        raise SourceError(f"{request.place}: {archive.address} is an archive without a file.")


def _named(read: Sequence[_ReadFile]) -> str:
    return ", ".join(each.address for each in read[:NAMED_PATHS]) + (" …" if len(read) > NAMED_PATHS else "")


def _format(table: FileTable, path: Path) -> str:
    if table.format:
        return table.format
    suffix = path.name.removesuffix(".gz").rpartition(".")[2].lower()
    return {"csv": "csv", "tsv": "csv", "txt": "csv", "jsonl": "jsonl", "ndjson": "jsonl", "json": "jsonl"}.get(
        suffix, "parquet" if suffix in {"parquet", "pq"} else "csv"
    )


def _wanted(table: FileTable) -> list[str]:
    """Names of the foreign columns that are asked for."""
    told = [mapping if isinstance(mapping, str) else mapping.column for mapping in table.columns.values()]
    told += [table.known_at, *(rule.column for rule in table.keep), *(table.join.on if table.join else ())]
    return list(dict.fromkeys(name for name in told if name))


def _wanted_of_joined(table: FileTable) -> list[str]:
    """Names of the second file's columns that are asked for."""
    if table.join is None:
        return []
    prefix = table.join.prefix
    told = [name.removeprefix(prefix) for name in _wanted(table) if name.startswith(prefix)]
    return list(dict.fromkeys([*told, *table.join.on.values()]))


def _reader(request: FilesRequest, read: Sequence[_ReadFile], wanted: Sequence[str]) -> str:
    """A table function over the files; every column of text formats stays text, so that no value is guessed at."""
    table = request.table
    paths = [each.path for each in read]
    kind = _format(table, paths[0])
    listed = "[" + ", ".join(text_literal(str(path)) for path in paths) + "]"
    if kind == "parquet":
        return f"read_parquet({listed}, filename = '_source_file', union_by_name = true)"
    if kind == "jsonl":
        return _json_lines(request, read, listed, wanted)
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


def _json_lines(request: FilesRequest, read: Sequence[_ReadFile], listed: str, wanted: Sequence[str]) -> str:
    """JSON lines as text columns: the keys are collected first, because rows may leave some out.

    A wanted column that is no key is a path into a key's nested values; one that no row has is left out.
    """
    with duckdb.connect() as connection:
        connection.execute(f"set memory_limit = {text_literal(memory_limit())}")
        try:
            found = connection.execute(
                f"select distinct unnest(json_keys(json)) as key from read_ndjson_objects({listed}) order by key"
            ).fetchall()
            keys = [key for (key,) in found]
            paths = [name for name in wanted if name not in keys and "." in name and name.split(".")[0] in keys]
            doubtful = [name for name in paths if name not in request.optional_columns]
            if doubtful:
                there = connection.execute(
                    f"select {', '.join(_exists_sql(name) for name in doubtful)} from read_ndjson_objects({listed})"
                ).fetchone()
                paths = [name for name in paths if name not in doubtful or (there and there[doubtful.index(name)])]
        except duckdb.Error as error:
            told = str(error)
            for each in read:
                told = told.replace(str(each.path), each.address)
            raise SourceError(f"{request.place}: cannot read {_named(read)} as JSON lines: {told}") from error
    columns = [f"json ->> {_key_path(key)} as {quoted(key)}" for key in keys]
    columns += [f"{_value_sql(name)} as {quoted(name)}" for name in paths]
    absent = [name for name in wanted if name in request.optional_columns and name not in [*keys, *paths]]
    columns += [f"cast(null as varchar) as {quoted(name)}" for name in absent]
    reader = f"read_ndjson_objects({listed}, filename = '_source_file')"
    return f"(select {', '.join([*columns, '_source_file'])} from {reader})"


def _key_path(key: str) -> str:
    return text_literal("$." + json.dumps(key, ensure_ascii=False))


def _nested_paths(name: str) -> list[str]:
    """The JSON paths that a path of ours may mean: a number is a place in a list, or a key."""
    parts = name.split(".")
    as_keys = "$" + "".join("." + json.dumps(part, ensure_ascii=False) for part in parts)
    as_places = "$" + "".join(
        f"[{part}]" if part.isdecimal() else "." + json.dumps(part, ensure_ascii=False) for part in parts
    )
    return [text_literal(path) for path in dict.fromkeys([as_places, as_keys])]


def _value_sql(name: str) -> str:
    told = [f"json ->> {path}" for path in _nested_paths(name)]
    return told[0] if len(told) == 1 else f"coalesce({', '.join(told)})"


def _exists_sql(name: str) -> str:
    return "coalesce(bool_or(" + " or ".join(f"json_exists(json, {path})" for path in _nested_paths(name)) + "), false)"


def _is_transcoded(request: FilesRequest, path: Path) -> bool:
    """Whether DuckDB reads a copy, because it does not know the file's encoding."""
    return _format(request.table, path) != "parquet" and request.table.encoding.lower() not in DUCKDB_ENCODINGS


def _transcoded(request: FilesRequest, read: _ReadFile) -> _ReadFile:
    """A UTF-8 copy of a file in an encoding that DuckDB does not read itself."""
    unpacked = request.work_dir / "unpacked"
    root = unpacked if read.path.is_relative_to(unpacked) else request.folder
    copy = request.work_dir / "transcoded" / root.name / read.path.relative_to(root)
    copy.parent.mkdir(parents=True, exist_ok=True)
    opened = gzip.open if read.path.suffix == ".gz" else open
    try:
        with (
            opened(read.path, "rt", encoding=request.table.encoding, newline="") as source,
            opened(copy, "wt", encoding="utf-8", newline="") as target,
        ):
            while chunk := source.read(COPY_CHUNK_CHARACTERS):
                target.write(chunk)
    except (EOFError, gzip.BadGzipFile) as error:
        raise SourceError(
            f"{request.place}: {read.address} is broken: {error} Check that the file is whole."
        ) from error
    except (UnicodeDecodeError, LookupError) as error:
        raise SourceError(
            f"{request.place}: {read.address} is not encoded in {request.table.encoding}: {error}"
        ) from error
    return replace(read, path=copy)


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


def _rejected_sql(read: Sequence[_ReadFile], *, has_malformed: bool) -> str:
    """Every rejected row with its file and its number there; lines that are no record count as rows too."""
    moved = [each for each in read if str(each.path) != each.address]
    paths = ", ".join(text_literal(str(each.path)) for each in moved)
    addresses = ", ".join(text_literal(each.address) for each in moved)
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
        select coalesce(moved.address, rejected.file_path) as file_path, rejected.* exclude (file_path)
        from rejected
        left join (select unnest([{paths}]::text[]) as path, unnest([{addresses}]::text[]) as address) as moved
            on rejected.file_path = moved.path
        order by file_path, row_number
    """
