"""What readers would see change, on two small sets worked out by hand."""

import json
from pathlib import Path

import duckdb
import pytest

from dagster_project.diff import BandChange, MartDifference, compare

KEYS = {
    "dim_a": ["id"],
    "fct_health_scores": ["account_id", "score_date", "score_id"],
    "fct_health_score_components": ["account_id", "score_date", "score_id", "measure_id"],
}
SCORE = "select 'x' as account_id, date '2026-06-30' as score_date, 'health' as score_id, "


def made(path: Path, schema: str, tables: dict[str, str]) -> Path:
    with duckdb.connect(path) as connection:
        connection.execute(f"create schema if not exists {schema}")
        for name, query in tables.items():
            connection.execute(f"create table {schema}.{name} as {query}")
    return path


@pytest.fixture
def published(tmp_path: Path) -> Path:
    return made(
        tmp_path / "published.duckdb",
        "main",
        {
            "dim_a": "select * from (values (1, 'one', null), (2, 'two', 5), (3, 'three', 6)) as t(id, name, gone)",
            "fct_health_scores": SCORE + "3.1 as score, 'thriving' as band",
            "fct_health_score_components": SCORE + "'m1' as measure_id, 2.0 as contribution union all "
            + SCORE + "'m2' as measure_id, 1.1 as contribution",
        },
    )  # fmt: skip


def test_rows_columns_and_bands_that_change_are_told(tmp_path: Path, published: Path) -> None:
    candidate = made(
        tmp_path / "candidate.duckdb",
        "marts",
        {
            "dim_a": "select * from (values (1, 'one', null), (2, 'zwei', 7), (4, 'four', 8)) as t(id, name, fresh)",
            "fct_health_scores": SCORE + "2.5 as score, 'adopting' as band",
            "fct_health_score_components": SCORE + "'m1' as measure_id, 1.2 as contribution union all "
            + SCORE + "'m2' as measure_id, 1.3 as contribution",
        },
    )  # fmt: skip
    found = compare(candidate, published, KEYS)
    assert found.marts[0] == MartDifference("dim_a", 1, 1, 1, {"name": 1}, ("fresh",), ("gone",))
    assert found.marts[1] == MartDifference("fct_health_scores", 0, 0, 1, {"score": 1, "band": 1})
    [change] = found.band_changes
    assert (change.account_id, change.old_band, change.new_band) == ("x", "thriving", "adopting")
    assert change.reasons == ("m1 -0.80", "m2 +0.20")
    assert isinstance(change, BandChange)


def test_equal_sets_show_no_change(tmp_path: Path, published: Path) -> None:
    with duckdb.connect(published, read_only=True) as connection:
        tables = {name: f"select * from '{tmp_path}/{name}.parquet'" for name in KEYS}
        for name in KEYS:
            connection.execute(f"copy main.{name} to '{tmp_path}/{name}.parquet'")
    found = compare(made(tmp_path / "candidate.duckdb", "marts", tables), published, KEYS)
    assert all(mart.is_equal for mart in found.marts)
    assert found.band_changes == []


def test_a_mart_that_one_side_lacks_counts_as_all_its_rows(tmp_path: Path, published: Path) -> None:
    tables = {
        "fct_health_scores": SCORE + "3.1 as score, 'thriving' as band",
        "fct_health_score_components": SCORE + "'m1' as measure_id, 2.0 as contribution",
    }
    found = compare(made(tmp_path / "candidate.duckdb", "marts", tables), published, KEYS)
    assert found.marts[0] == MartDifference("dim_a", 0, 3, 0)
    assert found.marts[2] == MartDifference("fct_health_score_components", 0, 1, 0)


def test_history_that_readers_do_not_see_is_no_added_row(tmp_path: Path, published: Path) -> None:
    """Readers see two days and month ends. Added are a month end, the day before the newest, and the day after it."""
    told = {"fct_health_score_components": {"range_column": "score_date", "published_days": 2}, "dim_a": {}}
    manifest = json.dumps({"as_of_date": "2026-06-30", "tables": told})
    published.with_name("manifest.json").write_text(manifest, encoding="utf-8")
    days = "unnest([{}])".format(
        ", ".join(f"date '2026-{day}'" for day in ("05-30", "05-31", "06-28", "06-29", "06-30", "07-01"))
    )
    tables = {
        "fct_health_scores": SCORE + "3.1 as score, 'thriving' as band",
        "fct_health_score_components": f"select 'x' as account_id, {days} as score_date, 'health' as score_id, "
        "'m1' as measure_id, 2.0 as contribution",
    }
    found = compare(made(tmp_path / "candidate.duckdb", "marts", tables), published, KEYS)
    assert found.marts[2] == MartDifference("fct_health_score_components", rows_added=3, rows_removed=1, rows_changed=0)
