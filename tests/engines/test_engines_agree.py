"""The same world on DuckDB and on Postgres: every mart has the same rows, down to the last digit."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import psycopg2
import pytest

from dagster_project.publishing import read_manifest
from dagster_project.settings import load_settings
from tests.conftest import ROOT, World
from tests.engines.postgres_server import postgres_server

pytestmark = pytest.mark.engines


# Nobody of the tiny world is near a renewal or ready to expand.
EMPTY = {"mart_expansion_proposals", "mart_renewal_review"}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with postgres_server() as found:
        yield found


@pytest.fixture(scope="module")
def postgres_world(url: str, tiny_config: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The tiny world after its first run on Postgres."""
    folder = tmp_path_factory.mktemp("postgres")
    config = folder / "bansou.toml"
    config.write_text(
        f'engine = "postgres"\n{tiny_config.read_text(encoding="utf-8")}\n[postgres]\nurl = "{url}"\n', encoding="utf-8"
    )
    world = World(folder / "home", config)
    done = world.run()
    assert done.returncode == 0, done.stdout + done.stderr
    return world


def test_every_mart_is_equal_on_both_engines(tiny_world: World, postgres_world: World) -> None:
    """Types, counts and rows; the fingerprint is over every value of every row."""
    ours, theirs = (read_manifest(load_settings(world.environment)) for world in (tiny_world, postgres_world))
    assert ours is not None
    assert theirs is not None
    facts = [
        {name: table for name, table in manifest["tables"].items() if not table["is_run_log"]}
        for manifest in (ours, theirs)
    ]
    assert facts[0] == facts[1]
    assert {name for name, table in facts[0].items() if not table["row_count"]} == EMPTY
    assert ours["publish_id"] == theirs["publish_id"]


def test_the_next_day_is_equal_on_both_engines(tiny_world: World, postgres_world: World, tmp_path: Path) -> None:
    """A day on top: late events, corrections and deletions over a range of days."""
    copy = tiny_world.copy(tmp_path / "home")
    for world in (copy, postgres_world):
        done = world.run("tomorrow")
        assert done.returncode == 0, done.stdout + done.stderr
    manifest = read_manifest(load_settings(copy.environment))
    assert manifest is not None
    for mart in [name for name, table in manifest["tables"].items() if not table["is_run_log"]]:
        assert copy.table_contents(mart) == postgres_world.table_contents(mart), mart


def test_readers_see_the_published_schema_alone(postgres_world: World, url: str) -> None:
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("set role bansou_reader")
        cursor.execute("select count(*) from published.dim_accounts")
        assert cursor.fetchone() == (len(postgres_world.table_contents("dim_accounts")),)
        cursor.execute(
            "select nspname from pg_namespace where has_schema_privilege('bansou_reader', oid, 'usage') "
            "and nspname not like 'pg\\_%' and nspname <> 'information_schema' order by nspname"
        )
        assert [row[0] for row in cursor.fetchall()] == ["public", "published"]


def test_readers_never_see_an_empty_set_nor_hold_up_a_publish(postgres_world: World, url: str) -> None:
    """One reader asks again and again; another leaves its transaction open, which must not stop the swap."""
    running = subprocess.Popen(
        [sys.executable, "-m", "dagster_project", "tomorrow"],
        cwd=ROOT,
        env=postgres_world.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    seen = set()
    with psycopg2.connect(url) as idle, psycopg2.connect(url) as asking:
        asking.autocommit = True
        with idle.cursor() as cursor, asking.cursor() as poll:
            cursor.execute("select count(*) from published.dim_accounts")
            while running.poll() is None:
                poll.execute("select count(*), min(as_of_date), max(as_of_date) from published.dim_accounts")
                count, first, last = poll.fetchone() or (0, None, None)
                assert count > 0
                assert first == last
                seen.add(last)
    assert running.returncode == 0
    assert len(seen) == 2


def test_a_server_that_is_not_there_is_named_with_its_remedy(postgres_world: World, tmp_path: Path, url: str) -> None:
    config = tmp_path / "bansou.toml"
    nobody = url.replace(":" + url.rpartition(":")[2].partition("/")[0], ":1")
    config.write_text(postgres_world.config.read_text(encoding="utf-8").replace(url, nobody), encoding="utf-8")
    done = World(tmp_path / "home", config).run()
    assert done.returncode != 0
    assert "cannot be reached" in done.stdout + done.stderr
    assert "postgres.url" in done.stdout + done.stderr


def test_published_files_of_both_engines_open_alike(tiny_world: World, postgres_world: World) -> None:
    for world in (tiny_world, postgres_world):
        rows = duckdb.execute(f"select count(*) from '{world.published}/parquet/fct_health_scores.parquet'").fetchone()
        assert rows is not None
        assert rows[0] > 0
