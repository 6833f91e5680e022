"""Eight readers read without pause while set after set is published: no error, and never two generations at once."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.faults.kills import Tally
from tests.faults.shop import Shop

OLD_DUCKDB = os.environ.get("BANSOU_OLD_DUCKDB")
READER = Path(__file__).with_name("reader.py")
WAYS = ("database", "database_by_pointer", "files", "database")
PUBLISHES = pytest.mark.parametrize("publish_count", [10, pytest.param(100, marks=pytest.mark.faults)])


def start_reader(published: Path, way: str, library: str | None, pause: float = 0) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(READER), str(published), way, str(pause)],
        env=os.environ | ({"PYTHONPATH": str(Path(library).absolute())} if library else {}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def read_while_publishing(shop: Shop, readers: list[subprocess.Popen[str]], publish_count: int) -> list[dict[str, Any]]:
    """Publish so often while the readers read; what each of them has seen."""
    for reader in readers:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "reading\n"
    for generation in range(2, publish_count + 2):
        shop.publish_generation(generation)
    return [json.loads(reader.communicate()[0]) for reader in readers]


@PUBLISHES
@pytest.mark.parametrize(
    "libraries",
    [
        pytest.param([None, None], id="this_duckdb"),
        pytest.param(
            [None, OLD_DUCKDB],
            id="half_of_them_older",
            marks=pytest.mark.skipif(
                OLD_DUCKDB is None, reason="BANSOU_OLD_DUCKDB names no folder with duckdb 1.5.5 installed"
            ),
        ),
    ],
)
def test_readers_see_one_generation_and_no_error_while_sets_are_published(
    tmp_path: Path, libraries: list[str | None], publish_count: int, tally: Tally
) -> None:
    shop = Shop.new(tmp_path, sets_kept=5)
    shop.publish_generation(1)
    readers = [start_reader(shop.published, way, library) for way in WAYS for library in libraries]
    told = read_while_publishing(shop, readers, publish_count)
    assert len(told) == 8
    versions = {reader["duckdb"] for reader in told}
    assert versions == {duckdb.__version__} | ({"1.5.5"} if any(libraries) else set())
    tally.measures[f"{publish_count} publishes under 8 readers with DuckDB {' and '.join(sorted(versions))}"] = {
        name: sum(reader[name] for reader in told) for name in ("reads", "mixed", "gone")
    }
    for reader in told:
        assert (reader["errors"], reader["mixed"], reader["gone"]) == ([], 0, 0)
        assert -1 not in reader["seen"]
        assert reader["seen"] == sorted(reader["seen"])
        assert len(reader["seen"]) > 2
    assert shop.seen == {publish_count + 1}


def test_set_that_a_reader_has_found_stays_for_as_many_publishes_as_sets_are_kept(tmp_path: Path) -> None:
    """Who takes longer than that to open it must ask for the pointer again; who has it open reads on."""
    shop = Shop.new(tmp_path, sets_kept=3)
    shop.publish_generation(1)
    found = (shop.published / "current").resolve()
    for generation in (2, 3):
        shop.publish_generation(generation)
    with duckdb.connect(found / "marts.duckdb", read_only=True) as opened:
        shop.publish_generation(4)
        assert opened.execute("select distinct generation from fct_b").fetchall() == [(1,)]
    with pytest.raises(duckdb.IOException, match="does not exist"):
        duckdb.connect(found / "marts.duckdb", read_only=True)


@pytest.mark.faults
@pytest.mark.parametrize("sets_kept", [1, 2, 5])
def test_how_often_a_slow_reader_finds_its_set_gone(tmp_path: Path, sets_kept: int, tally: Tally) -> None:
    """Half a second between finding a set and opening it, while publishes follow one another without pause."""
    shop = Shop.new(tmp_path, sets_kept=sets_kept)
    shop.publish_generation(1)
    readers = [start_reader(shop.published, "database", None, pause=0.5) for _ in range(4)]
    told = read_while_publishing(shop, readers, 50)
    tally.measures[f"50 publishes under 4 readers that wait 0.5 s, {sets_kept} sets kept"] = {
        name: sum(reader[name] for reader in told) for name in ("reads", "mixed", "gone")
    }
    for reader in told:
        assert (reader["errors"], reader["mixed"]) == ([], 0)
