"""A large object of a vendor that answers at once: rows a second and memory, beside plain dlt.

Each way runs in a process of its own, so that its memory is its own; the vendor is another process.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

PAGE_ROWS = 2000
ROUNDS = 3
KIBIBYTES_PER_MEBIBYTE = 1024


def show(folder: Path, console: Console, row_count: int) -> None:
    """Pull the object in turn by each way, and print a table."""
    ways = {
        "bansou: landed, typed, judged by type, kept as a batch": "ours",
        "dlt: pipeline to Parquet files": "dlt",
        "dlt's REST client alone: pages as dictionaries (limit)": "pages",
    }
    found: dict[str, list[dict[str, float]]] = {name: [] for name in ways}
    with _vendor(row_count) as address:
        for number in range(ROUNDS):
            for name, way in ways.items():
                found[name].append(_measured(way, address, folder / f"{way}{number}"))
    title = f"Pull of {row_count:,} rows from a vendor without latency (median of {ROUNDS} rounds, in turn)"
    table = Table("who", title=title, title_justify="left")
    for column in ("seconds", "rows per second", "÷ ours", "peak MiB"):
        table.add_column(column, justify="right")
    ours = median(told["seconds"] for told in next(iter(found.values())))
    for name, rounds in found.items():
        if {told["rows"] for told in rounds} != {row_count}:
            raise ValueError(f"{name} brought {rounds} rows, not {row_count}")
        seconds = median(told["seconds"] for told in rounds)
        peak = max(told["peak"] for told in rounds)
        table.add_row(name, f"{seconds:.2f}", f"{row_count / seconds:,.0f}", f"{seconds / ours:.2f}", f"{peak:,.0f}")
    console.print(table)


def show_nothing_new(folder: Path, console: Console) -> None:
    """The default demo pulled twice: what each source's second pull takes, when nothing has changed."""
    from dagster_project.assets.demo import write_demo  # noqa: PLC0415
    from dagster_project.assets.extract import prepare_warehouse  # noqa: PLC0415
    from dagster_project.demo.vendors import vendors_serving  # noqa: PLC0415
    from dagster_project.loading import load_all  # noqa: PLC0415
    from dagster_project.settings import load_settings  # noqa: PLC0415

    settings = load_settings({**os.environ, "BANSOU_HOME": str(folder / "nothing_new")})
    if settings.demo is None:
        raise ValueError("the default configuration has no demo")
    write_demo(settings.demo, settings.demo_dir)
    warehouse = prepare_warehouse(settings)
    table = Table("source", title="Pull of the default demo (one round)", title_justify="left")
    for column in ("tables", "rows", "seconds at first", "seconds when nothing is new"):
        table.add_column(column, justify="right")
    with vendors_serving(settings) as reachable:
        for name, source in settings.sources.items():
            tables = [(name, entity) for entity in source.tables]
            seconds, rows = [], 0
            for _ in range(2):
                started = time.perf_counter()
                loaded = load_all(reachable, warehouse, tables, settings.demo.until, [])
                seconds.append(time.perf_counter() - started)
                rows += sum(each.result.rows_loaded for each in loaded if each.result)
            table.add_row(
                f"{name} ({source.type})", str(len(tables)), f"{rows:,}", *(f"{each:.1f}" for each in seconds)
            )
    console.print(table)


@contextmanager
def _vendor(row_count: int) -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.vendor_pull", "serve", str(row_count)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    if process.stdout is None or process.stdin is None:
        raise AssertionError
    yield process.stdout.readline().strip()
    process.kill()
    process.wait()


def _measured(way: str, address: str, folder: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.vendor_pull", way, address, str(folder)],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"RUNTIME__DLTHUB_TELEMETRY": "false", "DLT_DATA_DIR": str(folder / "dlt")},
    )
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def _serve(row_count: int) -> None:
    import uvicorn  # noqa: PLC0415
    from starlette.applications import Starlette  # noqa: PLC0415
    from starlette.requests import Request  # noqa: PLC0415
    from starlette.responses import Response  # noqa: PLC0415
    from starlette.routing import Route  # noqa: PLC0415

    pages = [_page(start, row_count) for start in range(0, row_count, PAGE_ROWS)]

    async def page(request: Request) -> Response:
        start = int(request.path_params.get("locator", "q-0").rpartition("-")[2])
        return Response(pages[start // PAGE_ROWS], media_type="application/json")

    async def token(_: Request) -> Response:
        return Response('{"access_token": "x"}', media_type="application/json")

    routes = [
        Route("/services/oauth2/token", token, methods=["POST"]),
        Route("/services/data/v62.0/queryAll", page),
        Route("/services/data/v62.0/query/{locator}", page),
    ]
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), host="127.0.0.1", port=0, log_level="error"))
    socket = server.config.bind_socket()
    sys.stdout.write(f"http://127.0.0.1:{socket.getsockname()[1]}\n")
    sys.stdout.flush()
    server.run(sockets=[socket])


def _page(start: int, row_count: int) -> bytes:
    end = min(start + PAGE_ROWS, row_count)
    rows = [
        {
            "attributes": {"type": "Contact"},
            "Id": f"003{number:012d}AAA",
            "AccountNumber__c": f"A{number % 5000}",
            "Name": f"Person {number}",
            "Email": f"p{number}@customer{number % 5000}.example",
            "Title": "Manager",
            "Department": "Sales",
            "SystemModstamp": f"2026-01-{number // 86400 + 1:02d}T{number // 3600 % 24:02d}:00:00.000+0000",
            "CreatedDate": "2025-01-01T00:00:00.000+0000",
            "IsDeleted": False,
        }
        for number in range(start, end)
    ]
    answer: dict[str, Any] = {"totalSize": row_count, "done": end == row_count, "records": rows}
    if end < row_count:
        answer["nextRecordsUrl"] = f"/services/data/v62.0/query/q-{end}"
    return json.dumps(answer).encode()


def _ours(address: str, folder: Path) -> int:
    from dagster_project.contract import input_contract  # noqa: PLC0415
    from dagster_project.settings import ApiSource  # noqa: PLC0415
    from dagster_project.sources.pulling import PullRequest, connect, pull_table  # noqa: PLC0415

    table = {"columns": {"account_id": "AccountNumber__c"}, "has_history": False}
    told = {"type": "salesforce", "base_url": address, "tables": {"contacts": table}}
    source = ApiSource.model_validate(told | {"options": {"bulk_from_rows": 10**9}})
    batch = pull_table(
        PullRequest(
            source_name="crm",
            source=source,
            client=connect("crm", source, address, {}),
            entity=input_contract()["contacts"],
            landing_dir=folder / "landing",
            load_id="bench",
            state=None,
            known_keys=frozenset,
        )
    )
    return batch.rows_read if batch else 0


def _dlt(address: str, folder: Path) -> int:
    import dlt  # noqa: PLC0415
    from dlt.sources.rest_api import rest_api_source  # noqa: PLC0415

    source = rest_api_source(
        {
            "client": {"base_url": address, "paginator": {"type": "json_link", "next_url_path": "nextRecordsUrl"}},
            "resources": [
                {
                    "name": "contacts",
                    "primary_key": "Id",
                    "endpoint": {"path": "/services/data/v62.0/queryAll", "data_selector": "records"},
                }
            ],
        }
    )
    pipeline = dlt.pipeline(
        "bench",
        pipelines_dir=str(folder / "pipelines"),
        destination=dlt.destinations.filesystem(bucket_url=str(folder / "out")),
        dataset_name="bench",
    )
    pipeline.run(source, loader_file_format="parquet")
    trace: Any = pipeline.last_trace
    return int(trace.last_normalize_info.row_counts["contacts"])


def _pages(address: str, _: Path) -> int:
    from dlt.sources.helpers.rest_client.client import RESTClient  # noqa: PLC0415
    from dlt.sources.helpers.rest_client.paginators import JSONLinkPaginator  # noqa: PLC0415

    client = RESTClient(address, paginator=JSONLinkPaginator("nextRecordsUrl"), data_selector="records")
    return sum(len(page) for page in client.paginate("/services/data/v62.0/queryAll"))


def _main(way: str, arguments: list[str]) -> None:
    if way == "serve":
        _serve(int(arguments[0]))
        return
    started = time.perf_counter()
    rows = {"ours": _ours, "dlt": _dlt, "pages": _pages}[way](arguments[0], Path(arguments[1]))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIBIBYTES_PER_MEBIBYTE
    sys.stdout.write(json.dumps({"rows": rows, "seconds": time.perf_counter() - started, "peak": peak}) + "\n")


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2:])
