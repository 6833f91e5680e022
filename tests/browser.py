"""Fixtures to look at the dashboard: a server over a data folder, and Debian's Chromium."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from tests.conftest import ROOT, World

if TYPE_CHECKING:
    from playwright.sync_api import Page

# Set where Chromium has to be there; elsewhere the tests that need it are skipped.
REQUIRED = "BANSOU_REQUIRE_CHROMIUM"
START_SECONDS = 60


@pytest.fixture
def page() -> Iterator["Page"]:
    """A page of Chromium without a window."""
    from playwright.sync_api import expect, sync_playwright  # noqa: PLC0415

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        told = "no Chromium on this machine (Debian: apt-get install chromium)"
        if os.environ.get(REQUIRED):
            pytest.fail(told)
        pytest.skip(told)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1600, "height": 2000})
        opened.set_default_timeout(START_SECONDS * 1000)
        expect.set_options(timeout=START_SECONDS * 1000)
        yield opened
        browser.close()


@pytest.fixture
def serve() -> Iterator[Callable[[World], str]]:
    """Start the dashboard over a world's data folder; its address."""
    servers = []

    def start(world: World) -> str:
        port = _free_port()
        command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", "--server.port", str(port)]
        server = subprocess.Popen(
            command, cwd=ROOT, env=world.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        servers.append(server)
        address = f"http://127.0.0.1:{port}"
        last = time.monotonic() + START_SECONDS
        while time.monotonic() < last:
            with suppress(requests.ConnectionError):
                requests.get(f"{address}/_stcore/health", timeout=START_SECONDS).raise_for_status()
                return address
            time.sleep(0.2)
        raise TimeoutError(f"no dashboard at {address}")

    yield start
    for server in servers:
        server.terminate()
        server.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the screenshots: BANSOU_SCREENSHOTS, for those who want to look."""
    folder = Path(os.environ.get("BANSOU_SCREENSHOTS") or tmp_path_factory.mktemp("screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def settled(page: "Page") -> None:
    """Wait until everything is drawn, and hold that there is no error in it."""
    from playwright.sync_api import expect  # noqa: PLC0415

    expect(page.get_by_test_id("data-grid-canvas").or_(page.get_by_test_id("stAlert")).first).to_be_visible()
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_role("dialog")).to_have_count(0)
