"""What the tests of vendors' modules share: an invented vendor on this machine, and one pull of one table from it."""

import threading
import time
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from dagster_project.contract import input_contract
from dagster_project.settings import ApiSource
from dagster_project.sources.landing import LandedBatch
from dagster_project.sources.pulling import PullRequest, connect, pull_table

HOST, SOURCE = "127.0.0.1", "vendor"
Row = dict[str, Any]


@contextmanager
def serving(app: ASGIApp, *, has_date: bool = True, log_level: str = "error") -> Iterator[str]:
    """The address at which the app answers until the block ends; `has_date` where the app gives none itself."""
    config = uvicorn.Config(app, host=HOST, port=0, log_level=log_level, access_log=False, date_header=has_date)
    server = uvicorn.Server(config)
    socket = server.config.bind_socket()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]}, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    try:
        yield f"http://{HOST}:{socket.getsockname()[1]}"
    finally:
        server.force_exit = server.should_exit = True  # whoever still waits for a slow answer is not waited for
        thread.join()
        socket.close()


@dataclass
class Asked:
    """Requests in the order in which they came, with faults that are to be answered first."""

    paths: list[str] = field(default_factory=list)
    """As they were sent, still encoded."""
    queries: list[dict[str, str]] = field(default_factory=list)
    faults: list[Response] = field(default_factory=list)

    def route(self, path: str, answer: Callable[[Request], Any], methods: Collection[str] = ("GET",)) -> Route:
        """A route whose answer is noted; `answer` gives JSON or a whole response."""

        async def endpoint(request: Request) -> Response:
            self.paths.append(request.scope["raw_path"].decode())
            self.queries.append(dict(request.query_params))
            if self.faults:
                return self.faults.pop(0)
            told = answer(request)
            if isinstance(told, Awaitable):
                told = await told
            return told if isinstance(told, Response) else JSONResponse(told)

        return Route(path, endpoint, methods=list(methods))


@dataclass(frozen=True)
class Pulled:
    """What one pull landed; nothing where nothing had changed."""

    batch: LandedBatch | None
    rows: list[Row]
    rejected: list[Row]
    removed: list[str]
    state: str | None

    def values(self, *columns: str) -> list[tuple[Any, ...]]:
        """The named columns of each row, in the order of the rows."""
        return [tuple(row[column] for column in columns) for row in self.rows]


def source_of(source_type: str, entity: str, **told: Any) -> ApiSource:
    """The source of a configuration, which does not wait long."""
    usual = {"base_url": "https://vendor.example", "first_pause_seconds": 0.01, "attempts": 3}
    return ApiSource.model_validate({"type": source_type, **usual, "tables": {entity: {}}, **told})


def pull(
    folder: Path,
    source: ApiSource,
    base_url: str,
    credentials: Mapping[str, str],
    *,
    state: str | None = None,
    known: Collection[str] = (),
) -> Pulled:
    """Pull the source's only table into `folder`; `state` is that of the pull before, `known` the keys in raw."""
    [entity] = source.tables
    count = len(list(folder.rglob("*.parquet")))
    request = PullRequest(
        source_name=SOURCE,
        source=source,
        client=connect(SOURCE, source, base_url, credentials),
        entity=input_contract()[entity],
        landing_dir=folder,
        load_id=f"load{count}",
        state=state,
        known_keys=lambda: frozenset(known),
    )
    batch = pull_table(request)
    if batch is None:
        return Pulled(None, [], [], [], state)
    assert batch.rows_read == pq.read_metadata(batch.rows_path).num_rows + batch.rows_rejected + batch.rows_filtered
    removed = pq.read_table(batch.removed_path)["record_key"].to_pylist() if batch.removed_path else []
    return Pulled(
        batch=batch,
        rows=pq.read_table(batch.rows_path).to_pylist(),
        rejected=pq.read_table(batch.rejected_path).to_pylist(),
        removed=removed,
        state=batch.source_state,
    )
