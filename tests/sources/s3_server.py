"""Storage that speaks S3 on this machine for one test run: moto's server, in a process of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.fs as pafs

from tests.conftest import ROOT

MOTO = Path(os.environ.get("BANSOU_S3", ROOT / ".venv" / "s3"))
ACCESS_KEY, SECRET_KEY, REGION = "testing", "secret words", "eu-west-1"
START_SECONDS = 30


@dataclass(frozen=True)
class Storage:
    """A running server, and what it was asked."""

    endpoint: str
    log: Path

    @property
    def system(self) -> Any:
        """A client of its own, which may make buckets."""
        return pafs.S3FileSystem(
            access_key=ACCESS_KEY,
            secret_key=SECRET_KEY,
            region=REGION,
            scheme="http",
            endpoint_override=self.endpoint.removeprefix("http://"),
            allow_bucket_creation=True,
        )

    def put(self, path: str, content: bytes) -> None:
        """Write an object, given as bucket and key."""
        with self.system.open_output_stream(path) as target:
            target.write(content)

    def requests(self) -> list[str]:
        """Method and path of every request so far."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        return [line.split('"')[1].removesuffix(" HTTP/1.1") for line in lines if '"' in line and "HTTP/1.1" in line]

    def fetched_since(self, count: int) -> list[str]:
        """Keys of the objects whose content was asked for after the first requests."""
        told = [line.split(" ")[1] for line in self.requests()[count:] if line.startswith("GET ")]
        return sorted({path for path in told if "list-type" not in path})


@contextmanager
def s3_server(folder: Path) -> Iterator[Storage]:
    """A server with no bucket; gone afterwards."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    log = folder / "s3.log"
    with log.open("w") as told:
        server = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            env=os.environ | {"PYTHONPATH": str(MOTO)},
            stdout=told,
            stderr=subprocess.STDOUT,
        )
    try:
        _await(port, server, log)
        yield Storage(f"http://127.0.0.1:{port}", log)
    finally:
        server.terminate()
        server.wait()


def _await(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert server.poll() is None and time.monotonic() < deadline, log.read_text(encoding="utf-8")
            time.sleep(0.05)
        else:
            return
