"""Storage that speaks S3: what lies there, told apart without reading it, and copied here where it is new.

An object is known again by its content, as every file is. So that an unchanged one is not fetched to see that, its
size, its time of change and its ETag are remembered together with the digest of its content.
"""

import hashlib
import json
import queue
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pyarrow.fs as pafs

from dagster_project.durable import write_durably
from dagster_project.settings import OBJECT_STORE, ObjectPlace
from dagster_project.sources.landing import SourceError

FETCHED_AT_ONCE = 8
CHUNK_BYTES = 8 << 20
CONNECT_SECONDS, ATTEMPTS = 10, 3
# An object that was this young when it was read is asked for its ETag once more: one written over within the same
# second has the same time of change, and the two clocks may differ.
YOUNG_NS = 24 * 3600 * 10**9
LOOKED_AT_EVERY_SECONDS = 0.5
WILDCARD = re.compile(r"[*?\[]")
LONGEST_NAME_BYTES = 255
REMEDIES = {
    "NO_SUCH_BUCKET": "Correct the bucket in the source's folder, or the endpoint and region.",
    "INVALID_ACCESS_KEY_ID": "See that access_key is right, and that it still holds.",
    "SIGNATURE_DOES_NOT_MATCH": "See that secret_key belongs to access_key.",
    "ACCESS_DENIED": "Let this key list the bucket and read its objects (s3:ListBucket, s3:GetObject).",
    "INVALID_CLIENT_TOKEN_ID": "See that the keys are right, and that they still hold.",
    "UNRECOGNIZED_CLIENT": "See that the keys are right, and that they still hold.",
    "REQUEST_EXPIRED": "Set this machine's clock right.",
    "REQUEST_TIME_TOO_SKEWED": "Set this machine's clock right.",
    "HTTP status 301": "Give the region that the bucket is in.",
    "HTTP status 400": "See that region and keys are those of this storage.",
    "HTTP status 403": "Let this key list the bucket and read its objects (s3:ListBucket, s3:GetObject).",
}
CONNECTION_REMEDY = "See that the endpoint is right and can be reached from here, then run again."

Result = TypeVar("Result")


@dataclass(frozen=True)
class StoredObject:
    """One object, as a listing tells of it."""

    path: str
    """Below the source's folder."""
    address: str
    size: int
    modified_ns: int


@dataclass(frozen=True)
class _Remembered:
    size: int
    modified_ns: int
    etag: str
    read_ns: int
    """When the storage last said the ETag, by the clock of this machine."""
    digest: str


class ObjectStore:
    """The objects below a source's folder, for one of its tables.

    `copies` takes what is fetched and is the caller's to remove; `memory` outlasts the run.
    """

    def __init__(self, place: ObjectPlace, named: str, copies: Path, memory: Path) -> None:
        self.address = f"{OBJECT_STORE}{'/'.join(part for part in (place.bucket, place.prefix) if part)}"
        self._place, self._named, self._copies, self._memory = place, named, copies, memory
        self._fetched: dict[StoredObject, Path] = {}
        self._listed: set[str] = set()
        self._remembered = self._read_memory()
        self._system = self._connect()

    def find(self, pattern: str) -> list[StoredObject]:
        """The objects whose path below the folder matches a glob pattern, in the order of their paths.

        Raises:
            SourceError: the storage refuses, or an object's name cannot be one of a file.
            OSError: it cannot be reached.
        """
        segments = pattern.split("/")
        firm = next((n for n, part in enumerate(segments) if WILDCARD.search(part)), len(segments))
        root = self.address.removeprefix(OBJECT_STORE)
        base = "/".join([root, *segments[: min(firm, len(segments) - 1)]])
        if firm == len(segments):
            asked: Any = ["/".join([root, *segments])]
        else:
            asked = pafs.FileSelector(base, recursive=len(segments) - firm > 1 or "**" in segments)
        try:
            [infos] = self._all([(base, lambda: self._system.get_file_info(asked))])
        except FileNotFoundError:
            infos = []
        found = []
        for info in infos:
            path = info.path.removeprefix(f"{root}/")
            if info.type == pafs.FileType.File and _matches(path.split("/"), segments):
                self._require_name(path)
                found.append(StoredObject(path, f"{self.address}/{path}", info.size, info.mtime_ns or 0))
        self._listed |= {each.address for each in found}
        return sorted(found, key=lambda each: each.path)

    def digests(self, objects: Sequence[StoredObject]) -> dict[StoredObject, str]:
        """The digest of each object's content; fetches those that are new here or have changed."""
        young = [each for each in objects if self._looks_known(each) and self._is_young(each)]
        tags = self._all([(each.address, partial(self._etag, each)) for each in young])
        for each, tag in zip(young, tags, strict=True):
            before = self._remembered[each.address]
            if tag == before.etag:
                self._remember(each, tag, before.digest)
            else:
                del self._remembered[each.address]
        self.fetch([each for each in objects if not self._looks_known(each)])
        return {each: self._remembered[each.address].digest for each in objects}

    def fetch(self, objects: Sequence[StoredObject]) -> dict[StoredObject, Path]:
        """A copy of each object here, under its own path."""
        absent = [each for each in objects if each not in self._fetched]
        fetched = self._all([(each.address, partial(self._copy, each)) for each in absent])
        for each, (path, tag, digest) in zip(absent, fetched, strict=True):
            self._fetched[each] = path
            self._remember(each, tag, digest)
        return {each: self._fetched[each] for each in objects}

    def keep_memory(self) -> None:
        """Remember what was learnt of the objects listed; nothing of those that are gone."""
        told = {address: list(vars(known).values()) for address, known in self._remembered.items()}
        told = {address: values for address, values in told.items() if address in self._listed}
        text = json.dumps(told, sort_keys=True)
        if not self._memory.exists() or self._memory.read_text(encoding="utf-8") != text:
            write_durably(self._memory, text)

    def _read_memory(self) -> dict[str, _Remembered]:
        try:
            told = json.loads(self._memory.read_text(encoding="utf-8"))
            return {address: _Remembered(*values) for address, values in told.items()}
        except (FileNotFoundError, ValueError, TypeError, AttributeError):
            return {}  # all is fetched once more, and known again by its content

    def _connect(self) -> Any:
        place = self._place
        parts = urlsplit(place.endpoint) if place.endpoint else None
        options: dict[str, Any] = {
            "region": place.region or ("us-east-1" if parts else None),
            "access_key": place.access_key,
            "secret_key": place.secret_key,
            "connect_timeout": CONNECT_SECONDS,
            "retry_strategy": pafs.AwsStandardS3RetryStrategy(max_attempts=ATTEMPTS),
        }
        if parts:
            options |= {"scheme": parts.scheme, "endpoint_override": f"{parts.netloc}{parts.path.rstrip('/')}"}
        elif not place.region:
            with self._explained(self.address):
                options["region"] = pafs.resolve_s3_region(place.bucket)
        return pafs.S3FileSystem(**options)

    def _looks_known(self, told: StoredObject) -> bool:
        known = self._remembered.get(told.address)
        return known is not None and (known.size, known.modified_ns) == (told.size, told.modified_ns)

    def _is_young(self, told: StoredObject) -> bool:
        return self._remembered[told.address].read_ns - told.modified_ns < YOUNG_NS

    def _remember(self, told: StoredObject, tag: str, digest: str) -> None:
        self._remembered[told.address] = _Remembered(told.size, told.modified_ns, tag, time.time_ns(), digest)

    def _etag(self, told: StoredObject) -> str:
        with self._system.open_input_file(told.address.removeprefix(OBJECT_STORE)) as file:
            return _etag_of(file)

    def _copy(self, told: StoredObject) -> tuple[Path, str, str]:
        path = self._copies / told.path
        path.parent.mkdir(parents=True, exist_ok=True)
        digest, count, size = hashlib.sha256(), 0, 0
        with self._system.open_input_file(told.address.removeprefix(OBJECT_STORE)) as source, path.open("wb") as target:
            tag, size = _etag_of(source), source.size()
            while count < size and (chunk := source.read(CHUNK_BYTES)):
                digest.update(chunk)
                target.write(chunk)
                count += len(chunk)
        if count != size:
            raise OSError(f"only {count} of {size} bytes came")
        # Several answers may be of several objects, where one was written over meanwhile.
        if size > CHUNK_BYTES and self._etag(told) != tag:
            raise OSError("it was written over while it was read")
        return path, tag, digest.hexdigest()

    def _all(self, calls: Sequence[tuple[str, Callable[[], Result]]]) -> list[Result]:
        """The result of each call, given with the address that it is about; several at a time, none for ever.

        A call that does not come back cannot be ended; its thread is left behind.
        """
        waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
        done: queue.SimpleQueue[tuple[int, Any, BaseException | None]] = queue.SimpleQueue()
        begun: dict[int, float] = {}
        has_failed = threading.Event()
        for index in range(len(calls)):
            waiting.put(index)

        def work() -> None:
            while not has_failed.is_set():
                try:
                    index = waiting.get_nowait()
                except queue.Empty:
                    return
                begun[index] = time.monotonic()
                try:
                    done.put((index, calls[index][1](), None))
                except BaseException as error:
                    done.put((index, None, error))

        for _ in range(min(FETCHED_AT_ONCE, len(calls))):
            threading.Thread(target=work, daemon=True).start()
        results: dict[int, Any] = {}
        try:
            while len(results) < len(calls):
                try:
                    index, result, error = done.get(timeout=LOOKED_AT_EVERY_SECONDS)
                except queue.Empty:
                    self._require_in_time([calls[n][0] for n, start in list(begun.items()) if self._is_late(start)])
                    continue
                begun.pop(index, None)
                if error:
                    with self._explained(calls[index][0]):
                        raise error
                results[index] = result
        finally:
            has_failed.set()
        return [results[index] for index in range(len(calls))]

    def _is_late(self, start: float) -> bool:
        return time.monotonic() - start > self._place.longest_wait_seconds

    def _require_in_time(self, late: Sequence[str]) -> None:
        if late:
            raise SourceError(
                f"{self._named}: {_full(late[0])} has no end: nothing whole came within the "
                f"{self._place.longest_wait_seconds:g} seconds of longest_wait_seconds. Nothing was taken. Run again; "
                f"where it stays, ask who keeps the storage, or give it more time."
            )

    @contextmanager
    def _explained(self, address: str) -> Iterator[None]:
        """Errors that stay become a `SourceError`; those that may pass stay an `OSError`, with the same words."""
        try:
            yield
        except FileNotFoundError as error:
            raise FileNotFoundError(f"{self._named}: {_full(address)} is not there (any more).") from error
        except OSError as error:
            reason = re.sub(r"\s*\(Request ID: [^)]*\)", "", str(error)).strip().rstrip(".")
            for mark, remedy in REMEDIES.items():
                if mark in reason:
                    raise SourceError(f"{self._named}: cannot read {_full(address)}: {reason}. {remedy}") from error
            where = f" at {self._place.endpoint}" if self._place.endpoint else ""
            raise OSError(
                f"{self._named}: cannot read {_full(address)}{where}: {reason}. {CONNECTION_REMEDY}"
            ) from error

    def _require_name(self, path: str) -> None:
        parts = path.split("/")
        if {"", ".", ".."} & set(parts) or any(len(part.encode()) > LONGEST_NAME_BYTES for part in parts):
            raise SourceError(
                f"{self._named}: {self.address}/{path} has a name that no file can have here. Rename the object, or "
                f"let `files` pass over it."
            )


def _full(address: str) -> str:
    return address if address.startswith(OBJECT_STORE) else f"{OBJECT_STORE}{address}"


def _etag_of(file: Any) -> str:
    return bytes((file.metadata() or {}).get(b"ETag") or (file.metadata() or {}).get("ETag") or b"").decode()


def _matches(parts: Sequence[str], segments: Sequence[str]) -> bool:
    """Whether a path matches a glob pattern, both in parts; `**` stands for any number of folders."""
    if not segments:
        return not parts
    if segments[0] == "**":
        return _matches(parts, segments[1:]) or (bool(parts) and _matches(parts[1:], segments))
    return bool(parts) and fnmatchcase(parts[0], segments[0]) and _matches(parts[1:], segments[1:])
