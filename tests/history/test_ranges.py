"""However rows arrive and however days are cut into ranges, the warehouse comes out the same."""

import random
import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import World
from tests.history.compiled_project import Table, build, compiled_tables, contents, empty

FIRST, LAST = date(2026, 5, 22), date(2026, 6, 30)
DAYS = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]


@dataclass(frozen=True)
class Case:
    """A world as one build left it: its file, the tables that a build fills, and what they hold."""

    path: Path
    tables: list[Table]
    expected: dict[str, list[tuple[object, ...]]]


@pytest.fixture(scope="module")
def case(tiny_world: World, tmp_path_factory: pytest.TempPathFactory) -> Case:
    whole = tiny_world.copy(tmp_path_factory.mktemp("ranges") / "home")
    tables, path = compiled_tables(whole), whole.home / "build" / "warehouse.duckdb"
    return Case(path, tables, contents(path, tables))


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    cuts=st.sets(st.sampled_from(DAYS[:-1]), max_size=3),
    places_of_batches=st.lists(st.integers(0, 3), min_size=1, max_size=3),
    seed=st.integers(0, 2**32),
)
def test_order_of_arrival_batches_and_ranges_make_no_difference(
    case: Case, tmp_path_factory: pytest.TempPathFactory, cuts: set[date], places_of_batches: list[int], seed: int
) -> None:
    """Events come in any order, in batches between the builds; each build covers the days that have changed."""
    folder = tmp_path_factory.mktemp("example")
    path = folder / "warehouse.duckdb"
    shutil.copyfile(case.path, path)
    ends = [*sorted(cuts), LAST]
    arrivals: list[list[int]] = [[] for _ in ends]
    for batch, place in enumerate(places_of_batches):
        arrivals[min(place, len(ends) - 1)].append(batch)
    with duckdb.connect(path) as connection:
        connection.execute("set TimeZone = 'UTC'")
        empty(connection, case.tables)
        _shuffle(connection, random.Random(seed), len(places_of_batches))
        first = FIRST
        for end, batches in zip(ends, arrivals, strict=True):
            changed = [day for batch in batches if (day := _arrive(connection, batch)) is not None]
            build(connection, case.tables, max(FIRST, min([first, *changed])), end)
            first = end + timedelta(days=1)
    found = contents(path, case.tables)
    for name, rows in case.expected.items():
        assert found[name] == rows, name
    shutil.rmtree(folder)


def _shuffle(connection: duckdb.DuckDBPyConnection, luck: random.Random, batch_count: int) -> None:
    """Put the rows of every raw table in another order, and the events aside in batches."""
    names = connection.execute(
        "select table_name from duckdb_tables() where schema_name = 'raw' and starts_with(table_name, 'files_')"
    ).fetchall()
    for (name,) in names:
        connection.execute(
            f"create or replace table raw.{name} as "
            f"select * from raw.{name} order by hash(_record_key, {luck.random()})"
        )
    connection.execute(
        f"create temp table waiting as select *, hash(_record_key, {luck.random()}) % {batch_count} as batch "
        f"from raw.files_usage_events"
    )
    connection.execute("delete from raw.files_usage_events")


def _arrive(connection: duckdb.DuckDBPyConnection, batch: int) -> date | None:
    """Load a batch of events; the earliest day that it speaks of."""
    connection.execute(
        f"insert into raw.files_usage_events select * exclude (batch) from waiting where batch = {batch}"
    )
    row = connection.execute(
        f"select min(least(cast(event_at as date), cast(_known_at as date))) from waiting where batch = {batch}"
    ).fetchone()
    return row[0] if row else None
