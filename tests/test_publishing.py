"""Publish sets: whole or not at all, the same for the same rows, and kept as long as the settings say."""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from dagster_project import publishing
from dagster_project.checks.gate import CheckOutcome, GateClosedError
from dagster_project.publishing import PublicMart, PublishedSet, publish_set, read_manifest, roll_back
from dagster_project.settings import CalendarSettings, PublishSettings, Settings, SettingsError
from dagster_project.warehouse.duckdb import DuckDBWarehouse
from dagster_project.warehouse.interface import Build
from dagster_project.warehouse.published import PublishedReader

NAMES = ("dim_a", "fct_b")
MARTS = (PublicMart("dim_a", {"name": "What it's called.", "amount": "How much."}), PublicMart("fct_b"))
OUTCOMES = (
    CheckOutcome("marts/dim_a", "is_unique", passed=True, is_blocking=True),
    CheckOutcome("marts/dim_a", "is_fresh", passed=False, is_blocking=False),
    CheckOutcome("marts/fct_b", "is_unique", passed=True, is_blocking=True),
)


@dataclass(frozen=True)
class Desk:
    """A warehouse with two marts, and where it publishes to."""

    settings: Settings
    warehouse: DuckDBWarehouse
    marts: tuple[PublicMart, ...] = MARTS

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
        return publish_set(self.settings, self.warehouse, self.marts, OUTCOMES)

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
    made.write("dim_a", "('y', 2.5), ('x', 1)")
    made.write("fct_b", "('z', 3)")
    return made


def test_publish_writes_a_set_and_points_to_it_when_it_is_the_first(desk: Desk) -> None:
    assert read_manifest(desk.settings) is None
    published = desk.publish()
    assert not published.is_unchanged
    assert published.row_counts == {"dim_a": 2, "fct_b": 1}
    assert published.publish_id.startswith("2026-01-31-")
    assert desk.sets() == {published.publish_id}
    files = {path.name for path in (desk.published / "sets" / published.publish_id).rglob("*") if path.is_file()}
    assert files == {"manifest.json", "marts.duckdb", "dim_a.parquet", "fct_b.parquet"}


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
        rows = connection.execute("select * from main.dim_a").fetchall()
    assert tables == [("main", "dim_a"), ("main", "fct_b")]
    assert [(name, str(amount)) for name, amount in rows] == [("x", "1.00"), ("y", "2.50")]
    assert duckdb.read_parquet(str(desk.published / "parquet" / "dim_a.parquet")).fetchall() == rows


def test_manifest_says_what_was_published_when_done(desk: Desk) -> None:
    published = desk.publish()
    manifest = desk.manifest()
    assert datetime.fromisoformat(manifest.pop("published_at")).tzinfo is not None
    files = manifest.pop("files")
    assert files == {name: hashlib.sha256((desk.published / name).read_bytes()).hexdigest() for name in files}
    assert sorted(files) == ["marts.duckdb", "parquet/dim_a.parquet", "parquet/fct_b.parquet"]
    fingerprints = [manifest["tables"][table].pop("fingerprint") for table in NAMES]
    assert len(set(fingerprints)) == 2
    columns = {"name": "VARCHAR", "amount": "DECIMAL(18,2)"}
    assert manifest == {
        "publish_id": published.publish_id,
        "build": {"build_number": 1, "build_id": "b1"},
        "as_of_date": "2026-01-31",
        "code_version": "c0de",
        "tables": {
            "dim_a": {"row_count": 2, "columns": columns, "contract_version": 1, "is_run_log": False},
            "fct_b": {"row_count": 1, "columns": columns, "contract_version": 1, "is_run_log": False},
        },
        "held_tables": [],
        "row_counts": {"dim_a": 2, "fct_b": 1},
        "checks": {
            "passed": 2,
            "failed": 0,
            "warned": ["marts/dim_a: is_fresh"],
            "results": [
                {"asset": "marts/dim_a", "check": "is_unique", "passed": True, "is_blocking": True},
                {"asset": "marts/dim_a", "check": "is_fresh", "passed": False, "is_blocking": False},
                {"asset": "marts/fct_b", "check": "is_unique", "passed": True, "is_blocking": True},
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
    desk.write("dim_a", "('x', 1)", "('y', 2.5)")
    assert desk.publish().publish_id == first.publish_id


@pytest.mark.parametrize(
    "rows", ["('x', 1), ('y', 2.51)", "('x', 1)", "('x', 1), ('y', 2.5), ('y', 2.5)", "('x', 2.5), ('y', 1)"]
)
def test_publish_moves_the_pointer_when_content_changed(desk: Desk, rows: str) -> None:
    first = desk.publish()
    desk.write("dim_a", rows)
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
    assert PublishedReader(desk.published).rows("select count(*) as n from dim_a") == [{"n": 2}]
    assert desk.publish().is_unchanged


def test_publish_keeps_only_the_newest_sets_when_there_are_more(desk: Desk) -> None:
    made = []
    for number in range(5):
        desk.write("fct_b", f"('z', {number})")
        made.append(desk.publish().publish_id)
    assert desk.sets() == set(made[-3:])
    assert desk.manifest()["publish_id"] == made[-1]


def test_publish_leaves_what_was_there_when_export_fails(desk: Desk) -> None:
    first = desk.publish()
    desk.write("dim_a", "('changed', 1)")
    with duckdb.connect(desk.warehouse.path) as connection:
        connection.execute("drop table marts.fct_b")
    with pytest.raises(duckdb.Error, match="fct_b"):
        desk.publish()
    assert desk.manifest()["publish_id"] == first.publish_id
    assert PublishedReader(desk.published).rows("select name from dim_a order by name") == [
        {"name": "x"},
        {"name": "y"},
    ]
    desk.write("fct_b", "('z', 3)")
    assert desk.sets() - {first.publish_id} == {".candidate"}
    assert desk.sets() - {".candidate", desk.publish().publish_id} == {first.publish_id}


def test_reader_keeps_its_set_when_a_new_one_is_published(desk: Desk) -> None:
    desk.publish()
    early = PublishedReader(desk.published)
    desk.write("fct_b", "('new', 4)")
    desk.publish()
    assert early.rows("select name from fct_b") == [{"name": "z"}]
    assert PublishedReader(desk.published).rows("select name from fct_b where amount = ?", [4]) == [{"name": "new"}]


def test_open_connection_reads_on_when_its_set_is_dropped(desk: Desk) -> None:
    first = desk.publish()
    with duckdb.connect(PublishedReader(desk.published).path, read_only=True) as connection:
        for number in range(4):
            desk.write("fct_b", f"('new', {number})")
            desk.publish()
        assert first.publish_id not in desk.sets()
        assert connection.execute("select name from fct_b").fetchall() == [("z",)]


def test_columns_are_described_in_database_and_parquet_when_published(desk: Desk) -> None:
    desk.publish()
    comments = PublishedReader(desk.published).rows(
        "select column_name, comment from duckdb_columns() where table_name = 'dim_a' order by column_name"
    )
    assert [(row["column_name"], row["comment"]) for row in comments] == [
        ("amount", "How much."),
        ("name", "What it's called."),
    ]
    metadata = pq.read_schema(desk.published / "parquet" / "dim_a.parquet").metadata
    assert metadata[b"column.name"] == b"What it's called."


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ("name text", r"dim_a.amount was DECIMAL\(18,2\) and is gone"),
        ("name text, amount integer", r"dim_a.amount was DECIMAL\(18,2\) and is INTEGER"),
        ("nom text, amount numeric(18,2)", "dim_a.name was VARCHAR and is gone"),
    ],
)
def test_publish_is_refused_when_a_column_goes_or_changes_its_type(desk: Desk, columns: str, told: str) -> None:
    first = desk.publish()
    with duckdb.connect(desk.warehouse.path) as connection:
        connection.execute(f"create or replace table marts.dim_a ({columns})")
        connection.execute(f"insert into marts.dim_a select {', '.join('1' for _ in columns.split(', '))}")
    before = desk.state()
    with pytest.raises(GateClosedError, match=told):
        desk.publish()
    assert desk.state() == before
    raised = replace(desk, marts=(PublicMart("dim_a", contract_version=2), MARTS[1]))
    assert raised.publish().publish_id != first.publish_id


def test_publish_takes_a_new_column_and_a_new_mart_without_a_step(desk: Desk) -> None:
    desk.publish()
    with duckdb.connect(desk.warehouse.path) as connection:
        connection.execute("alter table marts.dim_a add column extra integer")
    desk.write("fct_c", "('c', 1)")
    more = replace(desk, marts=(*MARTS, PublicMart("fct_c")))
    assert not more.publish().is_unchanged


def test_publish_is_refused_when_a_mart_is_gone_or_lost_all_its_rows(desk: Desk) -> None:
    desk.publish()
    with pytest.raises(GateClosedError, match="fct_b is gone"):
        replace(desk, marts=MARTS[:1]).publish()
    desk.write("fct_b")
    with pytest.raises(GateClosedError, match="fct_b has no rows, and had 1 before"):
        desk.publish()
    assert ".candidate" not in desk.sets()


def test_a_list_may_be_empty_and_a_log_of_runs_makes_no_new_set(desk: Desk) -> None:
    marts = (*MARTS, PublicMart("mart_tasks"), PublicMart("mart_log", is_run_log=True))
    more = replace(desk, marts=marts)
    desk.write("mart_tasks", "('call', 1)")
    desk.write("mart_log", "('run 1', 1)")
    more.publish()
    desk.write("mart_log", "('run 1', 1)", "('run 2', 1)")
    assert more.publish().is_unchanged
    desk.write("mart_tasks")
    assert not more.publish().is_unchanged


def test_rollback_shows_the_set_before_and_the_next_publish_goes_on(desk: Desk) -> None:
    first = desk.publish()
    desk.write("fct_b", "('bad', 99)")
    second = desk.publish()
    assert roll_back(desk.settings, desk.warehouse) == first.publish_id
    assert desk.manifest()["publish_id"] == first.publish_id
    assert PublishedReader(desk.published).rows("select name from fct_b") == [{"name": "z"}]
    with pytest.raises(SettingsError, match="no earlier set that is whole"):
        roll_back(desk.settings, desk.warehouse)
    assert desk.publish() == PublishedSet(second.publish_id, is_unchanged=False, row_counts=second.row_counts)
    assert PublishedReader(desk.published).rows("select name from fct_b") == [{"name": "bad"}]


def test_rollback_passes_over_a_set_that_is_damaged(desk: Desk) -> None:
    first = desk.publish()
    for number in (1, 2):
        desk.write("fct_b", f"('z', {number})")
        desk.publish()
    [damaged] = [
        folder
        for folder in (desk.published / "sets").iterdir()
        if folder.name not in {first.publish_id, desk.manifest()["publish_id"]}
    ]
    with (damaged / "parquet" / "dim_a.parquet").open("r+b") as file:
        file.write(b"xx")
    assert roll_back(desk.settings, desk.warehouse) == first.publish_id
