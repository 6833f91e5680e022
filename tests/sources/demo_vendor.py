"""The demo's own vendors in tests: one is served, a table is pulled again and again, what landed is read."""

import json
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from typing import Any

import duckdb
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from dagster_project.contract import input_contract
from dagster_project.demo.vendors.exports import DemoExports
from dagster_project.demo.vendors.server import DemoClock
from dagster_project.settings import PROJECT_ROOT, ApiSource
from dagster_project.sources.landing import LandedBatch
from dagster_project.sources.pulling import PullRequest, connect, pull_table
from tests.sources import vendor_server

SECRET = token_hex(8)
EXAMPLE = PROJECT_ROOT / "examples" / "hubspot_intercom" / "bansou.toml"
Rows = list[dict[str, Any]]


@dataclass
class Gate:
    """Stands before an app: counts what is asked, and gives the answers that are laid ready in place of the app's."""

    app: ASGIApp
    ready: list[Response] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.asked.append(f"{scope['method']} {scope['path']}")
            if self.ready:
                await self.ready.pop(0)(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def count(self, ending: str) -> int:
        """How many requests went to a path that ends so."""
        return sum(each.endswith(ending) for each in self.asked)


@contextmanager
def serving(app: ASGIApp, exports: DemoExports) -> Iterator[tuple[str, Gate]]:
    """An app on this machine, with the demo world's clock, for the time of a test."""
    gate = Gate(app)
    clocked = DemoClock(Starlette(routes=[Mount("/", app=gate)]), exports)
    with vendor_server.serving(clocked, has_date=False) as address:
        yield address, gate


def example_source(name: str, **more: Any) -> ApiSource:
    """A source of the example, as a test wants it."""
    told = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))["sources"][name]
    return ApiSource.model_validate({**told, **more})


@dataclass
class Puller:
    """Pulls the tables of one source again and again, each from where it ended."""

    name: str
    source: ApiSource
    base_url: str
    credentials: dict[str, str]
    landing_dir: Path
    states: dict[str, str | None] = field(default_factory=dict)
    known: dict[str, set[str]] = field(default_factory=dict)

    def batch(self, entity: str) -> LandedBatch | None:
        """One pull; where it goes on from is kept."""
        client = connect(self.name, self.source, self.base_url, self.credentials)
        batch = pull_table(
            PullRequest(
                source_name=self.name,
                source=self.source,
                client=client,
                entity=input_contract()[entity],
                landing_dir=self.landing_dir,
                load_id=f"load{len(list(self.landing_dir.rglob('*.parquet')))}",
                state=self.states.get(entity),
                known_keys=lambda: frozenset(self.known.get(entity, set())),
            )
        )
        if batch:
            self.states[entity] = batch.source_state
            known = self.known.setdefault(entity, set())
            known |= {row["_record_key"].removeprefix(f"{self.name}:") for row in read(batch.rows_path)}
            known -= {key for key, _ in removed(batch)}
        return batch

    def pull(self, entity: str) -> Rows:
        """The rows of one pull, by key and time; none may be rejected."""
        batch = self.batch(entity)
        if batch is None:
            return []
        assert batch.rows_rejected == 0, read(batch.rejected_path)
        return read(batch.rows_path)

    def watermark(self, entity: str) -> datetime:
        """The newest change of the last pull."""
        return datetime.fromisoformat(json.loads(self.states[entity] or "")["watermark"])


def read(path: Path) -> Rows:
    """A Parquet file's rows; landed ones by key and time."""
    with duckdb.connect() as connection:
        found = connection.execute(f"select * from '{path}' order by all")
        names = [column[0] for column in found.description or []]
        rows = [dict(zip(names, values, strict=True)) for values in found.fetchall()]
    return sorted(rows, key=lambda row: (row["_record_key"], row["_source_time"])) if "_record_key" in names else rows


def removed(batch: LandedBatch) -> list[tuple[str, datetime | None]]:
    """Keys that a batch tells are gone, with the time of each."""
    if batch.removed_path is None:
        return []
    return [(row["record_key"], row["removed_at"]) for row in read(batch.removed_path)]


def states(rows: Rows, key: str, columns: list[str], time: str = "_source_time") -> list[tuple[Any, ...]]:
    """Each record's states with their times, those that differ in nothing from the one before left out."""
    found: list[tuple[Any, ...]] = []
    for row in sorted(rows, key=lambda row: (str(row[key]), row[time])):
        values = tuple(row[column] for column in columns)
        if not found or found[-1][0] != str(row[key]) or found[-1][2] != values:
            found.append((str(row[key]), row[time], values))
    return found


def as_text(told: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """States with their values as text, whatever type each side gives them."""
    return [(key, moment, tuple(None if v is None else str(v) for v in values)) for key, moment, values in told]


def too_many(body: dict[str, Any], headers: dict[str, str]) -> Response:
    """An answer to somebody who asks too often."""
    return JSONResponse(body, 429, headers=headers)
