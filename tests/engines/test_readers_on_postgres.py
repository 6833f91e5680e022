"""Readers ask Postgres without pause while set after set is published: no error, and one generation a statement."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg2
import pytest

from dagster_project.publishing import PublicMart, publish_set
from dagster_project.settings import CalendarSettings, PostgresSettings, Settings
from dagster_project.warehouse.interface import Build
from dagster_project.warehouse.postgres import PostgresWarehouse
from tests.engines.postgres_server import postgres_server

pytestmark = pytest.mark.engines

AS_OF = date(2026, 6, 30)
MARTS = tuple(PublicMart(f"fct_{name}") for name in "abc")
READER = Path(__file__).with_name("postgres_reader.py")


@pytest.fixture
def url() -> Iterator[str]:
    with postgres_server() as found:
        yield found


def publish_generation(url: str, settings: Settings, generation: int) -> None:
    """Each mart holds as many rows as the number of its generation, the second one more, the third two more."""
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("create schema if not exists marts")
        for number, mart in enumerate(MARTS):
            cursor.execute(f"drop table if exists marts.{mart.name}")
            cursor.execute(
                f"create table marts.{mart.name} as "
                f"select i, {generation} as generation from generate_series(1, {generation + number}) as numbers (i)"
            )
    publish_set(settings, PostgresWarehouse(url, "bansou_reader"), MARTS, [])


@pytest.fixture
def settings(url: str, tmp_path: Path) -> Settings:
    """The first generation is published."""
    made = Settings(
        home=tmp_path,
        config_path=tmp_path / "bansou.toml",
        environment={},
        engine="postgres",
        postgres=PostgresSettings(url=url),
        calendar=CalendarSettings(history_start_date=date(2026, 1, 1), as_of_date=AS_OF),
        sources={},
    )
    warehouse = PostgresWarehouse(url, "bansou_reader")
    warehouse.prepare([])
    warehouse.record_build(Build("b1", date(2026, 1, 1), AS_OF, AS_OF, 0))
    publish_generation(url, made, 1)
    return made


@pytest.mark.parametrize("publish_count", [30, pytest.param(100, marks=pytest.mark.faults)])
def test_readers_see_one_generation_and_no_error_while_sets_are_published(
    url: str, settings: Settings, publish_count: int
) -> None:
    readers = [
        subprocess.Popen([sys.executable, str(READER), url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(8)
    ]
    for reader in readers:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "reading\n"
    for generation in range(2, publish_count + 2):
        publish_generation(url, settings, generation)
    told = [json.loads(reader.communicate()[0]) for reader in readers]
    names = ("reads", "mixed", "mixed_between_statements", "wrong_counts")
    sys.stdout.write(f"{publish_count} publishes: { {name: sum(found[name] for found in told) for name in names} }\n")
    for found in told:
        assert (found["errors"], found["wrong_counts"]) == ([], 0)
        assert found["seen"] == sorted(found["seen"])
        assert len(found["seen"]) > publish_count / 3
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("select nspname from pg_namespace where nspname like 'published%'")
        assert cursor.fetchall() == [("published",)]
    assert sum(found["mixed"] for found in told) == 0


def test_transaction_at_repeatable_read_sees_one_generation_over_a_publish(url: str, settings: Settings) -> None:
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        connection.set_session(isolation_level="REPEATABLE READ")
        cursor.execute("select distinct generation from published.fct_a")
        assert cursor.fetchall() == [(1,)]
        publish_generation(url, settings, 2)
        cursor.execute("select distinct generation from published.fct_b")
        assert cursor.fetchall() == [(1,)]
