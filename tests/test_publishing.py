"""Publish sets: whole or not at all, the same for the same rows, and kept as long as the settings say."""

import json
import os
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project import publishing
from dagster_project.checks.gate import CheckOutcome
from dagster_project.publishing import PublishedSet, publish_set, read_manifest
from dagster_project.settings import CalendarSettings, PublishSettings, Settings
from dagster_project.warehouse.duckdb import DuckDBWarehouse
from dagster_project.warehouse.interface import Build
from dagster_project.warehouse.published import PublishedReader

MARTS = ("mart_a", "mart_b")
OUTCOMES = (
    CheckOutcome("marts/mart_a", "is_unique", passed=True, is_blocking=True),
    CheckOutcome("marts/mart_a", "is_fresh", passed=False, is_blocking=False),
    CheckOutcome("marts/mart_b", "is_unique", passed=True, is_blocking=True),
)


@dataclass(frozen=True)
class Desk:
    """A warehouse with two marts, and where it publishes to."""

    settings: Settings
    warehouse: DuckDBWarehouse

    @property
    def published(self) -> Path:
        return self.settings.published_dir

    def write(self, table: str, *rows: str) -> None:
        with duckdb.connect(self.warehouse.path) as connection:
            connection.execute("create schema if not exists marts")
            connection.execute(f"create or replace table marts.{table} (name text, amount numeric(18,2))")
            for row in rows:
                connection.execute(f"insert into marts.{table} values {row}")

    def publish(self) -> PublishedSet:
        return publish_set(self.settings, self.warehouse, MARTS, OUTCOMES)

    def manifest(self) -> dict[str, Any]:
        found = read_manifest(self.settings)
        assert found is not None
        return found

    def sets(self) -> set[str]:
        return {path.name for path in (self.published / "sets").iterdir()}

    def state(self) -> dict[str, int]:
        """Every published path with the moment of its last change."""
        return {str(path): path.lstat().st_mtime_ns for path in self.published.rglob("*") if path.name != "sets"}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(publishing, "code_version", lambda: "c0de")
    home = tmp_path / "o'brien's"  # a quote in a path is a path all the same
    settings = Settings(
        home=home,
        config_path=tmp_path / "bansou.toml",
        environment={},
        calendar=CalendarSettings(history_start_date=date(2026, 1, 1)),
        sources={},
        publish=PublishSettings(sets_kept=3),
    )
    made = Desk(settings, DuckDBWarehouse(settings.build_path))
    made.warehouse.prepare([])
    made.warehouse.record_build(Build("b1", date(2026, 1, 1), date(2026, 1, 31), date(2026, 1, 31), 0))
    made.write("mart_a", "('y', 2.5), ('x', 1)")
    made.write("mart_b", "('z', 3)")
    return made


def test_publish_writes_a_set_and_points_to_it_when_it_is_the_first(desk: Desk) -> None:
    assert read_manifest(desk.settings) is None
    published = desk.publish()
    assert not published.is_unchanged
    assert published.row_counts == {"mart_a": 2, "mart_b": 1}
    assert published.publish_id.startswith("2026-01-31-")
    assert desk.sets() == {published.publish_id}
    files = {path.name for path in (desk.published / "sets" / published.publish_id).rglob("*") if path.is_file()}
    assert files == {"manifest.json", "marts.duckdb", "mart_a.parquet", "mart_b.parquet"}


def test_publish_links_readers_through_one_pointer_when_done(desk: Desk) -> None:
    published = desk.publish()
    links = {path.name: str(path.readlink()) for path in desk.published.iterdir() if path.is_symlink()}
    assert links == {
        "current": f"sets/{published.publish_id}",
        "marts.duckdb": "current/marts.duckdb",
        "parquet": "current/parquet",
        "manifest.json": "current/manifest.json",
    }


def test_publish_writes_the_same_rows_to_database_and_parquet_when_done(desk: Desk) -> None:
    desk.publish()
    with duckdb.connect(desk.published / "marts.duckdb", read_only=True) as connection:
        tables = connection.execute("select schema_name, table_name from duckdb_tables() order by all").fetchall()
        rows = connection.execute("select * from main.mart_a").fetchall()
    assert tables == [("main", "mart_a"), ("main", "mart_b")]
    assert [(name, str(amount)) for name, amount in rows] == [("x", "1.00"), ("y", "2.50")]
    assert duckdb.read_parquet(str(desk.published / "parquet" / "mart_a.parquet")).fetchall() == rows


def test_manifest_says_what_was_published_when_done(desk: Desk) -> None:
    published = desk.publish()
    manifest = desk.manifest()
    assert datetime.fromisoformat(manifest.pop("published_at")).tzinfo is not None
    fingerprints = [manifest["tables"][table].pop("fingerprint") for table in MARTS]
    assert len(set(fingerprints)) == 2
    columns = {"name": "VARCHAR", "amount": "DECIMAL(18,2)"}
    assert manifest == {
        "publish_id": published.publish_id,
        "as_of_date": "2026-01-31",
        "code_version": "c0de",
        "tables": {"mart_a": {"row_count": 2, "columns": columns}, "mart_b": {"row_count": 1, "columns": columns}},
        "row_counts": {"mart_a": 2, "mart_b": 1},
        "checks": {
            "passed": 2,
            "failed": 0,
            "warned": ["marts/mart_a: is_fresh"],
            "results": [
                {"asset": "marts/mart_a", "check": "is_unique", "passed": True, "is_blocking": True},
                {"asset": "marts/mart_a", "check": "is_fresh", "passed": False, "is_blocking": False},
                {"asset": "marts/mart_b", "check": "is_unique", "passed": True, "is_blocking": True},
            ],
        },
    }


def test_publish_changes_nothing_when_content_is_equal(desk: Desk) -> None:
    first = desk.publish()
    before = desk.state()
    assert desk.publish() == PublishedSet(first.publish_id, is_unchanged=True, row_counts=first.row_counts)
    assert desk.state() == before


def test_publish_changes_nothing_when_only_the_order_of_rows_differs(desk: Desk) -> None:
    first = desk.publish()
    desk.write("mart_a", "('x', 1)", "('y', 2.5)")
    assert desk.publish().publish_id == first.publish_id


@pytest.mark.parametrize(
    "rows", ["('x', 1), ('y', 2.51)", "('x', 1)", "('x', 1), ('y', 2.5), ('y', 2.5)", "('x', 2.5), ('y', 1)"]
)
def test_publish_moves_the_pointer_when_content_changed(desk: Desk, rows: str) -> None:
    first = desk.publish()
    desk.write("mart_a", rows)
    second = desk.publish()
    assert not second.is_unchanged
    assert second.publish_id != first.publish_id
    assert desk.manifest()["publish_id"] == second.publish_id
    assert desk.sets() == {first.publish_id, second.publish_id}
    old = json.loads((desk.published / "sets" / first.publish_id / "manifest.json").read_text())
    assert old["publish_id"] == first.publish_id


def test_publish_makes_a_new_set_when_code_changed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    first = desk.publish()
    monkeypatch.setattr(publishing, "code_version", lambda: "other")
    second = desk.publish()
    assert not second.is_unchanged
    assert second.publish_id != first.publish_id


def test_publish_writes_the_set_again_when_its_database_is_gone(desk: Desk) -> None:
    first = desk.publish()
    (desk.published / "sets" / first.publish_id / "marts.duckdb").unlink()
    assert desk.publish() == PublishedSet(first.publish_id, is_unchanged=False, row_counts=first.row_counts)
    assert PublishedReader(desk.published).rows("select count(*) as n from mart_a") == [{"n": 2}]


def test_publish_keeps_only_the_newest_sets_when_there_are_more(desk: Desk) -> None:
    made = []
    for number in range(5):
        desk.write("mart_b", f"('z', {number})")
        made.append(desk.publish().publish_id)
        folder = desk.published / "sets" / made[-1]
        os.utime(folder, (number, number))  # clear ages, however coarse the file system's clock is
    assert desk.sets() == set(made[-3:])
    assert desk.manifest()["publish_id"] == made[-1]


def test_publish_leaves_what_was_there_when_export_fails(desk: Desk) -> None:
    first = desk.publish()
    desk.write("mart_a", "('changed', 1)")
    with duckdb.connect(desk.warehouse.path) as connection:
        connection.execute("drop table marts.mart_b")
    with pytest.raises(duckdb.Error, match="mart_b"):
        desk.publish()
    assert desk.manifest()["publish_id"] == first.publish_id
    assert PublishedReader(desk.published).rows("select name from mart_a order by name") == [
        {"name": "x"},
        {"name": "y"},
    ]
    desk.write("mart_b", "('z', 3)")
    assert desk.sets() - {first.publish_id} == {".candidate"}
    assert desk.sets() - {".candidate", desk.publish().publish_id} == {first.publish_id}


def test_reader_keeps_its_set_when_a_new_one_is_published(desk: Desk) -> None:
    desk.publish()
    early = PublishedReader(desk.published)
    desk.write("mart_b", "('new', 4)")
    desk.publish()
    assert early.rows("select name from mart_b") == [{"name": "z"}]
    assert PublishedReader(desk.published).rows("select name from mart_b where amount = ?", [4]) == [{"name": "new"}]


def test_open_connection_reads_on_when_its_set_is_dropped(desk: Desk) -> None:
    first = desk.publish()
    with duckdb.connect(PublishedReader(desk.published).path, read_only=True) as connection:
        for number in range(4):
            desk.write("mart_b", f"('new', {number})")
            desk.publish()
        assert first.publish_id not in desk.sets()
        assert connection.execute("select name from mart_b").fetchall() == [("z",)]
