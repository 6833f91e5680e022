"""The systems of the demo company, served over HTTP on this machine while a run pulls from them."""

import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dagster_project.settings import PROJECT_ROOT, Settings, SettingsError, exported

ADDRESS, EMAIL, SECRET = "BANSOU_DEMO_VENDORS", "BANSOU_DEMO_EMAIL", "BANSOU_DEMO_SECRET"
DEMO_EMAIL = "demo@bansou.example"


@contextmanager
def vendors_serving(settings: Settings) -> Iterator[Settings]:
    """Settings under which the configuration's demo vendors answer; as they are, where none is named.

    The server ends with this process, however that ends.
    """
    asks = any(settings.is_of_demo(source) for source in settings.sources.values())
    if not asks or ADDRESS in settings.environment:
        yield settings
        return
    secret = secrets.token_hex(16)
    with _server(settings.demo_dir, secret) as address:
        yield settings.with_variables({ADDRESS: address, EMAIL: DEMO_EMAIL, SECRET: secret})


@contextmanager
def _server(folder: Path, secret: str) -> Iterator[str]:
    command = [sys.executable, "-m", "dagster_project.demo.vendors.server", str(folder)]
    with exported({SECRET: secret}):
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT_ROOT)
    if process.stdin is None or process.stdout is None:
        raise AssertionError
    try:
        address = process.stdout.readline().strip()
        if not address:
            raise SettingsError("The demo company's systems did not start; what they wrote stands above.")
        yield address
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()
