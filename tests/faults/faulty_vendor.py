"""The demo's systems over HTTP on this machine, with a fault put between them and whoever asks."""

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dagster_project.demo.vendors.exports import DemoExports
from dagster_project.demo.vendors.server import VENDORS
from tests.sources.vendor_server import serving

SECRET = "secret-of-the-demo"  # noqa: S105 - of nobody
Row = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What a vendor answers."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    delay_seconds: float = 0
    is_cut: bool = False
    """True where the connection ends in the middle of what `Content-Length` promises."""

    @classmethod
    def of(cls, body: Any, status: int = 200, **headers: str) -> "Answer":
        """JSON, with headers whose names are given with `_` for `-`."""
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        return cls(status, json.dumps(body).encode(), {"content-type": "application/json", **told})

    @property
    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)

    def with_json(self, body: Any) -> "Answer":
        """The same answer with another body."""
        return replace(self, body=json.dumps(body).encode())


@dataclass(frozen=True)
class Asked:
    """What the vendor was asked."""

    method: str
    path: str
    query: str

    @property
    def url(self) -> str:
        """Path and query."""
        return f"{self.path}?{self.query}" if self.query else self.path


Change = Callable[[Answer, Asked], Answer]


@dataclass
class Fault:
    """What becomes of the answers to the requests whose path holds `path`."""

    change: Change
    path: str
    times: int | None = None
    """How many answers it is done to; null for all."""
    after: int = 0
    """How many answers go out sound before."""
    seen: int = 0
    struck: int = 0

    def strikes(self, asked: Asked) -> bool:
        """Whether this request is hit; counts it."""
        if self.path not in asked.path:
            return False
        self.seen += 1
        if self.seen <= self.after or (self.times is not None and self.struck >= self.times):
            return False
        self.struck += 1
        return True


class FaultyVendors:
    """Every vendor under its name, behind one fault at a time; `vendors` holds what they tell, to be written to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.exports = DemoExports(folder)
        self.fault: Fault | None = None
        self.asked: list[Asked] = []
        self.date: str | None = None
        """The header `Date` in place of the demo world's; empty for none."""
        self.begin_anew()

    def begin_anew(self) -> None:
        """The demo's systems as they were, and no fault."""
        self.exports.__dict__.pop("now", None)
        self.vendors = {name: vendor(self.exports, SECRET) for name, vendor in VENDORS.items()}
        self._app: ASGIApp = Starlette(routes=[Mount(f"/{name}", app=v.app()) for name, v in self.vendors.items()])
        self.heal()

    def heal(self) -> None:
        """No fault from now on."""
        self.fault, self.date = None, None
        self.asked.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the vendor does, and then as the fault makes of it."""
        if scope["type"] != "http":
            return
        asked = Asked(scope["method"], scope["path"], scope["query_string"].decode())
        self.asked.append(asked)
        answer = await self._sound(scope, receive)
        if self.fault and self.fault.strikes(asked):
            answer = self.fault.change(answer, asked)
        if answer.delay_seconds:
            await asyncio.sleep(answer.delay_seconds)
        date = http_date(self.exports.now) if self.date is None else self.date
        headers = {**answer.headers, "content-length": str(len(answer.body)), **({"date": date} if date else {})}
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        body = answer.body[: len(answer.body) // 2] if answer.is_cut else answer.body
        await send({"type": "http.response.body", "body": body})

    async def _sound(self, scope: Scope, receive: Receive) -> Answer:
        started: list[Message] = []
        parts: list[bytes] = []

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                started.append(message)
            else:
                parts.append(message.get("body", b""))

        await self._app(scope, receive, collect)
        headers = {name.decode(): value.decode() for name, value in started[0]["headers"]}
        return Answer(started[0]["status"], b"".join(parts), headers)


def serving_faults(app: ASGIApp) -> AbstractContextManager[str]:
    """The address under which a faulty app answers; its own complaints about what it does are not shown."""
    return serving(app, has_date=False, log_level="critical")


def http_date(moment: datetime) -> str:
    """A UTC moment as headers have it."""
    return format_datetime(moment.replace(tzinfo=UTC), usegmt=True)
