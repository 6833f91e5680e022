"""The demo company's systems over HTTP, on this machine alone, for as long as whoever started them lives.

`BANSOU_DEMO_SECRET=… python -m dagster_project.demo.vendors.server <folder>` prints the address and serves until its
input ends.
"""

import os
import sys
import threading
from collections.abc import Callable
from datetime import UTC
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dagster_project.demo.vendors.exports import DemoExports
from dagster_project.demo.vendors.hubspot import DemoHubspot
from dagster_project.demo.vendors.intercom import DemoIntercom
from dagster_project.demo.vendors.marketo import DemoMarketo
from dagster_project.demo.vendors.salesforce import DemoSalesforce
from dagster_project.demo.vendors.zendesk import DemoZendesk

HOST = "127.0.0.1"
VENDORS: dict[str, Callable[[DemoExports, str], Any]] = {
    "salesforce": DemoSalesforce,
    "zendesk": DemoZendesk,
    "marketo": DemoMarketo,
    "hubspot": DemoHubspot,
    "intercom": DemoIntercom,
}


class DemoClock:
    """Answers carry the time of the demo world, not of this machine."""

    def __init__(self, app: ASGIApp, exports: DemoExports) -> None:
        self._app, self._exports = app, exports

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the app does, with the date of the demo world."""

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                now = format_datetime(self._exports.now.replace(tzinfo=UTC), usegmt=True)
                message["headers"] = [*message["headers"], (b"date", now.encode())]
            await send(message)

        await self._app(scope, receive, dated)


def vendors_app(folder: Path, secret: str) -> ASGIApp:
    """Every vendor under its name."""
    exports = DemoExports(folder)
    mounts = [Mount(f"/{name}", app=vendor(exports, secret).app()) for name, vendor in VENDORS.items()]
    return DemoClock(Starlette(routes=mounts), exports)


def _serve(folder: Path, secret: str) -> None:
    config = uvicorn.Config(
        vendors_app(folder, secret), host=HOST, port=0, log_level="error", date_header=False, access_log=False
    )
    server = uvicorn.Server(config)
    socket = config.bind_socket()

    def stop_with_input() -> None:
        sys.stdin.read()
        server.should_exit = True

    threading.Thread(target=stop_with_input, daemon=True).start()
    sys.stdout.write(f"http://{HOST}:{socket.getsockname()[1]}\n")
    sys.stdout.flush()
    server.run(sockets=[socket])


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), os.environ["BANSOU_DEMO_SECRET"])
