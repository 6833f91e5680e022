"""The whole way through the house, on the tiny world."""

import json
import re
import shutil
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from dagster_project.demo.company import truth_folder
from dagster_project.settings import load_settings
from dagster_project.statistics.computing import declared_tables, write_statistics
from dagster_project.warehouse import open_warehouse
from tests.conftest import ROOT, WORKPLACE, World, mart_names

MARTS = mart_names()
DAILY = {
    path.stem
    for path in (ROOT / "dbt_project" / "models").rglob("*.sql")
    if "materialized='incremental'" in path.read_text(encoding="utf-8")
}
RUN_LOGS = {"mart_data_quality", "mart_run_history", "mart_tainted_scores"}
ACCOUNT_COUNT = 19  # of the 20 of the tiny world; one signs up in the days ahead
FIRST, LAST = date(2026, 5, 22), date(2026, 6, 30)


def test_run_publishes_every_mart_when_the_world_is_new(tiny_world: World) -> None:
    manifest = json.loads((tiny_world.published / "manifest.json").read_text())
    assert set(manifest["row_counts"]) == mart_names()
    assert manifest["as_of_date"] == "2026-06-30"
    assert manifest["checks"]["failed"] == 0
    results = manifest["checks"]["results"]
    assert manifest["checks"]["passed"] == len(results) > 80
    assert ("marts/dim_accounts", "meets_expectations", True) in {
        (result["asset"], result["check"], result["passed"]) for result in results
    }
    for mart in mart_names():
        rows = tiny_world.table_contents(mart)
        assert len(rows) == manifest["row_counts"][mart]
        parquet = duckdb.execute(
            f"select count(*) from read_parquet('{tiny_world.published}/parquet/{mart}.parquet')"
        ).fetchone()
        assert parquet == (len(rows),)
    assert manifest["row_counts"]["dim_accounts"] == ACCOUNT_COUNT
    assert manifest["row_counts"]["fct_health_scores"] > 0


def test_run_says_what_it_read_and_who_is_at_risk(tiny_run: tuple[World, str]) -> None:
    world, printed = tiny_run
    for words in ("Rows read so far", "wrong_type in contracts.start_date", "Accounts at most risk", "Revenue", "Time"):
        assert words.lower() in printed.lower()
    with duckdb.connect(world.published / "marts.duckdb", read_only=True) as connection:
        worst = connection.execute(
            "select account_id from dim_accounts where is_live and is_customer and health_score is not null "
            "order by health_band = 'unknown', health_score, account_id limit 1"
        ).fetchone()
    assert worst is not None
    assert str(worst[0]) in printed


def test_second_run_leaves_the_published_tables_equal_and_needs_no_truth(tiny_world: World, tmp_path: Path) -> None:
    """The hidden truth of the demo world is gone by then: whatever read it would fail."""
    again = tiny_world.copy(tmp_path / "home")
    shutil.rmtree(truth_folder(again.home / "demo"))
    before = {mart: again.table_contents(mart) for mart in MARTS}
    manifest = (again.published / "manifest.json").read_bytes()
    done = again.run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert {mart: again.table_contents(mart) for mart in MARTS} == before
    assert (again.published / "manifest.json").read_bytes() == manifest
    assert not truth_folder(again.home / "demo").exists()


def test_no_file_of_the_hidden_truth_is_loaded(tiny_world: World) -> None:
    with duckdb.connect(tiny_world.home / "build" / "warehouse.duckdb", read_only=True) as connection:
        loaded = {Path(row[0]) for row in connection.execute("select file_path from raw.batch_files").fetchall()}
    assert len(loaded) > 40
    assert all(path.is_relative_to(WORKPLACE / "demo") for path in loaded)
    names_of_the_truth = re.compile("demo_truth|will_churn|value_drift")
    for path in (ROOT / "dbt_project").rglob("*"):
        if path.suffix in {".sql", ".yml", ".csv"}:
            assert not names_of_the_truth.search(path.read_text(encoding="utf-8")), path


def test_run_does_nothing_but_report_when_nothing_is_new(tiny_world: World) -> None:
    builds = tiny_world.home / "build" / "warehouse.duckdb"
    before = builds.stat().st_mtime_ns
    done = tiny_world.run("run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing is new" in done.stdout
    assert "Accounts at most risk" in done.stdout
    assert builds.stat().st_mtime_ns == before


def test_published_file_stays_readable_while_a_run_works(tiny_world: World, tmp_path: Path) -> None:
    world = tiny_world.copy(tmp_path / "home")
    running = subprocess.Popen(
        [sys.executable, "-m", "dagster_project", "backfill", "2026-06-25", "2026-06-30"],
        cwd=ROOT,
        env=world.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    reads = 0
    while running.poll() is None:
        assert len(world.table_contents("dim_accounts")) == ACCOUNT_COUNT
        reads += 1
    assert running.returncode == 0
    assert reads > 10


def test_days_one_by_one_equal_the_range(tiny_world: World, tmp_path: Path) -> None:
    """Every daily model, built once as a range and once in pieces, in marts and behind them."""
    world = tiny_world.copy(tmp_path / "home")
    path = world.home / "build" / "warehouse.duckdb"
    layers = ("intermediate", "marts")
    whole = _contents(path, layers)
    with duckdb.connect(path) as connection:
        for layer in layers:
            connection.execute(f"drop schema {layer} cascade")
    pieces = [(FIRST, date(2026, 6, 23))]
    pieces += [(day, day) for day in (date(2026, 6, 24) + timedelta(days=n) for n in range(7))]
    for first, last in pieces:
        world.dbt("run", first=first, last=last)
    settings = load_settings(world.environment)
    write_statistics(open_warehouse(settings), declared_tables(settings.dbt_target_dir / "manifest.json"))
    by_day = _contents(path, layers)
    daily = [name for name in whole if name.partition(".")[2] in DAILY]
    assert len(daily) == len(DAILY) > 15
    for name in [*daily, *(f"marts.{mart}" for mart in MARTS - RUN_LOGS)]:
        assert by_day[name] == whole[name], name


def _contents(path: Path, schemas: tuple[str, ...]) -> dict[str, list[tuple[object, ...]]]:
    with duckdb.connect(path, read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where schema_name in (select unnest(?))",
            [list(schemas)],
        ).fetchall()
        return {
            f"{schema}.{table}": connection.execute(f"select * from {schema}.{table} order by all").fetchall()
            for schema, table in tables
        }


def test_backfill_of_past_days_changes_nothing_when_nothing_changed(tiny_world: World, tmp_path: Path) -> None:
    world = tiny_world.copy(tmp_path / "home")
    before = {mart: world.table_contents(mart) for mart in MARTS}
    done = world.run("backfill", "2026-06-01", "2026-06-03")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {mart: world.table_contents(mart) for mart in MARTS} == before


def test_backfill_refuses_a_range_that_leaves_the_world(tiny_world: World) -> None:
    done = tiny_world.run("backfill", "2026-06-01", "2027-01-01")
    assert done.returncode == 2
    assert "2026-06-30 (the newest day)" in done.stderr


def test_late_events_restate_usage_but_not_past_scores(tiny_world: World, tmp_path: Path) -> None:
    """Events of 20 June that arrive on the last day count in usage on the 20th, in scores from the 30th."""
    world = tiny_world.copy(tmp_path / "home")
    arriving = world.home / "demo" / "product" / "usage_events" / "late.parquet"
    duckdb.execute(
        f"copy (select 'late-' || event_id as event_id, * exclude (event_id, event_at, received_at), "
        f"timestamp '2026-06-20 12:00' as event_at, timestamp '2026-06-30 12:00' as received_at "
        f"from read_parquet('{world.home}/demo/product/usage_events/events_2026-06.parquet') limit 25) to '{arriving}'"
    )
    usage = "select sum(source_row_count) from fct_usage_daily where usage_date = date '2026-06-20'"
    scores = "select * from fct_health_scores where score_date < date '2026-06-30' order by all"
    with duckdb.connect(world.published / "marts.duckdb", read_only=True) as connection:
        before, scores_before = connection.execute(usage).fetchone(), connection.execute(scores).fetchall()
    done = world.run("run")
    assert done.returncode == 0, done.stdout + done.stderr
    with duckdb.connect(world.published / "marts.duckdb", read_only=True) as connection:
        after, scores_after = connection.execute(usage).fetchone(), connection.execute(scores).fetchall()
    assert before is not None
    assert after == (before[0] + 25,)
    assert scores_after == scores_before


@pytest.mark.parametrize("mart", sorted(MARTS))
def test_public_marts_hold_their_declared_columns(tiny_world: World, mart: str) -> None:
    manifest = json.loads((tiny_world.home / "build" / "dbt" / "manifest.json").read_text())
    models = manifest["nodes"] | manifest["sources"]
    [declared] = [node["columns"] for node in models.values() if (node["name"], node["schema"]) == (mart, "marts")]
    published = json.loads((tiny_world.published / "manifest.json").read_text())["tables"][mart]["columns"]
    assert list(published) == list(declared)
