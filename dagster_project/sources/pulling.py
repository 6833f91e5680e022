"""One table of a vendor, pulled: its pages onto disk, through the mapping into a landed batch, with where to go on.

What the next pull goes on from is part of the landed batch, so that both are there or neither is: a pull that is
killed is pulled again from the same place.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.contract import Entity
from dagster_project.durable import digest_of
from dagster_project.settings import ApiSource, FileTable
from dagster_project.sources.files import FilesRequest, land_files
from dagster_project.sources.http import VendorClient
from dagster_project.sources.landing import LandedBatch, SourceError
from dagster_project.sources.pulled import KNOWN_AT, PageFiles, landed_keys, newest_moment, write_versions
from dagster_project.sources.vendor import Pull, Vendor, vendor_of, vendor_options, vendor_table

CLOCK_TOLERANCE = timedelta(minutes=5)
REMOVALS = pa.schema([("record_key", pa.string()), ("removed_at", pa.timestamp("us"))])


@dataclass(frozen=True)
class PullState:
    """Where the next pull of a table goes on; kept with the last batch that was taken."""

    mapping: str
    """Digest of the fields and the mapping: another one means that all is read again."""
    watermark: datetime | None = None
    """Newest change read, by the vendor's clock; UTC."""
    cursor: Mapping[str, Any] = field(default_factory=dict)
    """The vendor's own word for the place."""
    keys_compared_date: date | None = None
    keys_not_held: str | None = None
    """Digest of the keys that the vendor has and raw does not, since all was last read for their sake."""

    @classmethod
    def read(cls, text: str | None) -> "PullState | None":
        """The state from its JSON."""
        if text is None:
            return None
        told = json.loads(text)
        watermark, compared = told["watermark"], told["keys_compared_date"]
        return cls(
            mapping=told["mapping"],
            watermark=datetime.fromisoformat(watermark) if watermark else None,
            cursor=told["cursor"],
            keys_compared_date=date.fromisoformat(compared) if compared else None,
            keys_not_held=told["keys_not_held"],
        )

    def text(self) -> str:
        """The state as JSON."""
        return json.dumps(asdict(self), default=lambda value: value.isoformat(), sort_keys=True)


@dataclass(frozen=True)
class PullRequest:
    """One table of one source."""

    source_name: str
    source: ApiSource
    client: VendorClient
    entity: Entity
    landing_dir: Path
    load_id: str
    state: str | None
    """What the last batch said of where to go on; null before the first."""
    known_keys: Callable[[], frozenset[str]]
    """Keys of the records that raw holds and that were not removed."""

    @property
    def place(self) -> str:
        """Where the configuration declares it."""
        return f"sources.{self.source_name}.tables.{self.entity.name}"


def connect(name: str, source: ApiSource, base_url: str, credentials: Mapping[str, str]) -> VendorClient:
    """A client for all tables of a source; it logs in with the first request."""
    vendor = vendor_of(source.type)
    client: VendorClient = (vendor.client or VendorClient)(name, source, base_url, credentials)
    vendor.connect(client)
    return client


def pull_table(request: PullRequest) -> LandedBatch | None:
    """Land what has changed since the last pull; null where nothing has.

    Raises:
        SourceError: the vendor does not give all of it; nothing is taken then.
    """
    vendor = vendor_of(request.source.type)
    told = request.source.tables[request.entity.name]
    options = vendor_options(vendor, request.source.options, f"sources.{request.source_name}")
    table = vendor_table(vendor, request.entity.name, told, options, request.place)
    before = PullState.read(request.state)
    mapping = hashlib.sha256(f"{asdict(table)!r}".encode()).hexdigest()[:16]
    is_same = before is not None and before.mapping == mapping
    request.client.table = request.entity.name
    folder = request.landing_dir / ".pulled" / request.load_id
    pull = Pull(
        client=request.client,
        table=table,
        entity=request.entity,
        since=_since(request, before) if is_same else None,
        cursor=before.cursor if before and is_same else {},
        options=options,
        page_size=request.source.page_size,
    )
    try:
        return _pull(request, vendor, pull, before if is_same else None, folder, mapping=mapping)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _pull(
    request: PullRequest, vendor: Vendor, pull: Pull, before: PullState | None, folder: Path, *, mapping: str
) -> LandedBatch | None:
    with _expected_form(request):
        comparison = _compare_keys(request, vendor, pull, before)
    if comparison.needs_full_read:
        pull = replace(pull, since=None, cursor={})
    started, cursor = None, pull.cursor
    with _expected_form(request), PageFiles(folder, pull.table) as files:
        for page in vendor.pages(pull):
            started = started or request.client.server_time
            files.append(page)
            cursor = page.cursor or cursor
    if files.vanished_fields:
        raise SourceError(
            f"{request.place}: {request.source.type}'s {pull.table.object} has no field "
            f"{', '.join(files.vanished_fields)} any more, or never had. Correct the columns, or ask who keeps the "
            f"fields there."
        )
    batch = _land(request, pull, files, folder, started)
    removals = {**comparison.removals(request.client.server_time), **files.removals}
    if not pull.table.modified_at and not cursor and not batch.rows_rejected and request.state:
        # All was read: what is not among it is gone.
        gone = request.known_keys() - landed_keys(batch.rows_path, request.source_name)
        removals |= dict.fromkeys(gone, started)
    if not batch.rows_read and not removals:
        batch.discard()
        return None
    newest = newest_moment(folder, pull.table)
    # A clock of theirs that runs ahead must not make the next pull pass over what they write then.
    seen = min(newest, started) if newest and started else newest
    if _runs_ahead(started):
        # What is written once the clock is right is dated before: the next pull begins where this one did.
        seen, cursor = None, pull.cursor
    state = PullState(
        mapping=mapping,
        watermark=max((moment for moment in (before.watermark if before else None, seen) if moment), default=None),
        cursor=cursor,
        keys_compared_date=comparison.made_on or (seen.date() if seen else None),
        keys_not_held=comparison.not_held_digest,
    )
    return replace(_with_removals(batch, removals, request), source_state=state.text())


def _runs_ahead(theirs: datetime | None) -> bool:
    """Whether the vendor's clock is ahead of ours; by more than a day it is a world of its own, such as the demo's."""
    return theirs is not None and CLOCK_TOLERANCE < theirs - _our_time() < timedelta(days=1)


def _our_time() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


@contextmanager
def _expected_form(request: PullRequest) -> Iterator[None]:
    """Turn what comes of an answer of another form into a fault of the source, so that no other source stops for it.

    Raises:
        SourceError: an answer was read as what it is not.
    """
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise SourceError(
            f"{request.source_name}.{request.entity.name}: {request.client.last_place} answers in another form than "
            f"{request.source.type} is read in ({type(error).__name__}: {error}). Nothing was taken. See "
            f"the vendor's release notes for what has changed, and dagster_project/sources/{request.source.type}.py "
            f"for what is read."
        ) from error


@dataclass(frozen=True)
class KeyComparison:
    """What the vendor has now, beside what raw holds."""

    made_on: date | None = None
    gone: frozenset[str] = frozenset()
    not_held_digest: str | None = None
    needs_full_read: bool = False

    def removals(self, moment: datetime | None) -> dict[str, datetime | None]:
        """Keys of the records that are gone, as of a moment."""
        return dict.fromkeys(self.gone, moment)


def _compare_keys(request: PullRequest, vendor: Vendor, pull: Pull, before: PullState | None) -> KeyComparison:
    """Every few days by the vendor's clock; records deleted for good are told of by nothing else.

    Where the vendor has records that raw does not hold, such as one that came back, all is read again; once, because
    some may be there only to be rejected.
    """
    if before is None or before.watermark is None:
        return KeyComparison()
    last, today = before.keys_compared_date, before.watermark.date()
    if last and (today - last).days < request.source.compare_keys_every_days:
        return KeyComparison(last, not_held_digest=before.keys_not_held)
    pages = vendor.keys(pull) if vendor.keys else None
    if pages is None:
        return KeyComparison(last)
    there = {key for page in pages for key in page}
    held = request.known_keys()
    not_held = hashlib.sha256("\n".join(sorted(there - held)).encode()).hexdigest()[:16] if there - held else None
    return KeyComparison(
        today, held - there, not_held, needs_full_read=not_held is not None and not_held != before.keys_not_held
    )


def _with_removals(batch: LandedBatch, removals: Mapping[str, datetime | None], request: PullRequest) -> LandedBatch:
    if not removals:
        return replace(batch, is_partial=True)
    path = batch.rows_path.with_suffix(".removed.parquet")
    pq.write_table(pa.table([list(removals), list(removals.values())], schema=REMOVALS), path)
    held = len(request.known_keys())
    return replace(batch, is_partial=True, removed_path=path, rows_removed=len(removals), rows_held=held)


def _land(request: PullRequest, pull: Pull, files: PageFiles, folder: Path, started: datetime | None) -> LandedBatch:
    table, is_first = pull.table, request.state is None
    path = write_versions(files, table, pull.since, started, is_first=is_first)
    named = path.rename(folder / table.object.replace("/", "_"))
    has_time = table.modified_at or table.created_at or not is_first
    batch = land_files(
        FilesRequest(
            source_name=request.source_name,
            folder=folder,
            table=FileTable(
                files=named.name,
                format="parquet",
                known_at=KNOWN_AT if has_time else None,
                timezone=table.timezone,
                columns=dict(table.columns),
                keep=list(table.keep),
            ),
            entity=request.entity,
            landing_dir=request.landing_dir,
            load_id=request.load_id,
            source_type=request.source.type,
        ),
        {named: digest_of(named)},
        addresses={named: f"{request.client.base_url}/{table.object}"},
    )
    told = request.source.tables[request.entity.name]
    return replace(batch, source_delay_hours=told.source_delay_hours)


def _since(request: PullRequest, before: PullState | None) -> datetime | None:
    if before is None or before.watermark is None:
        return None
    return before.watermark - timedelta(minutes=request.source.overlap_minutes)
