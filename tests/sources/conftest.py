"""What the tests of the sources share."""

from datetime import date
from pathlib import Path

import pytest

from dagster_project.demo.block import World
from dagster_project.demo.company import write_demo_world


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exports of a tiny demo company; not to be changed."""
    folder = tmp_path_factory.mktemp("vendors") / "demo"
    write_demo_world(World(20, 60, date(2026, 6, 30), 3), folder)
    return folder
