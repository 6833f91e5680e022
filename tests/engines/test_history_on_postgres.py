"""A mart of which readers see some days: on Postgres the same set as on DuckDB, and the same days in its schema."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import psycopg2
import pytest

from dagster_project.publishing import PublicMart, publish_set, read_manifest, roll_back
from dagster_project.settings import CalendarSettings, PostgresSettings, Settings
from dagster_project.warehouse.duckdb import DuckDBWarehouse
from dagster_project.warehouse.interface import Build
from dagster_project.warehouse.postgres import PostgresWarehouse
from tests.engines.postgres_server import postgres_server

pytestmark = pytest.mark.engines

FIRST, AS_OF, NEXT = date(2026, 3, 20), date(2026, 6, 15), date(2026, 6, 16)
MART = PublicMart("fct_a", {"amount": "How much."}, range_column="score_date", published_days=5)
TABLE = "create table marts.fct_a (score_date date, name text, amount numeric(18,2))"
ROWS = (
    "insert into marts.fct_a select cast(d as date), 'x', 1.5 from generate_series(timestamp '{}', timestamp '{}', "
    "interval '1 day') as days (d)"
)
SHOWN = ["2026-03-31", "2026-04-30", "2026-05-31", "2026-06-11", "2026-06-12", "2026-06-13", "2026-06-14", "2026-06-15"]


@pytest.fixture
def url() -> Iterator[str]:
    with postgres_server() as found:
        yield found


def settings_of(home: Path, url: str) -> Settings:
    return Settings(
        home=home,
        config_path=home / "bansou.toml",
        environment={},
        engine="postgres",
        postgres=PostgresSettings(url=url),
        calendar=CalendarSettings(history_start_date=FIRST, as_of_date=AS_OF),
        sources={},
    )


def days_seen(url: str) -> list[str]:
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("select cast(score_date as text) from published.fct_a order by 1")
        return [day for (day,) in cursor.fetchall()]


def test_readers_in_the_database_see_the_days_of_the_files_and_both_engines_make_one_set(
    url: str, tmp_path: Path
) -> None:
    postgres, files = PostgresWarehouse(url, "bansou_reader"), DuckDBWarehouse(tmp_path / "build.duckdb")
    ours, theirs = settings_of(tmp_path / "ours", url), settings_of(tmp_path / "theirs", url)
    for warehouse in (postgres, files):
        warehouse.prepare([])
        with warehouse.session() as session:
            for statement in ("create schema marts", TABLE, ROWS.format(FIRST, AS_OF)):
                session.run(statement)
        warehouse.record_build(Build("b1", FIRST, AS_OF, AS_OF, 0))
    first = publish_set(ours, postgres, [MART], [])
    assert publish_set(theirs, files, [MART], []).publish_id == first.publish_id
    assert days_seen(url) == SHOWN
    before = (ours.published_dir / "current").resolve()
    with postgres.session() as session:
        session.run(ROWS.format(NEXT, NEXT))
    postgres.record_build(Build("b2", NEXT, NEXT, NEXT, 0))
    publish_set(ours, postgres, [MART], [])
    assert days_seen(url) == [*(day for day in SHOWN if day != "2026-06-11"), "2026-06-16"]
    manifest = read_manifest(ours)
    assert manifest is not None
    months = {entry["file"]: entry["rows"] for entry in manifest["tables"]["fct_a"]["history"]}
    assert list(months.values()) == [12, 30, 31, 16]
    current = (ours.published_dir / "current").resolve()
    assert [(current / name).samefile(before / name) for name in months] == [True, True, True, False]
    with duckdb.connect() as connection:
        history = connection.read_parquet(f"{current}/parquet/history/fct_a/*.parquet").fetchall()
    assert history[-1][0] == NEXT
    roll_back(ours, postgres)
    assert days_seen(url) == SHOWN
