"""A first success, once told, stays as it was: what becomes known later neither takes it back nor moves it."""

import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.conftest import World
from tests.history.compiled_project import Table, build, compiled_tables, empty

FIRST, LAST = date(2026, 5, 22), date(2026, 6, 30)
SUCCESSES = "intermediate.int_first_successes_found"
TOLD_BY = (
    f"select account_id, first_contract_date, deadline_date, "
    f"case when success_date <= $day then success_date end as success_date, "
    f"case when agreed_date <= $day then agreed_date end as agreed_date, "
    f"case when agreed_date <= $day then agreed_due_date end as agreed_due_date "
    f"from {SUCCESSES} inner join intermediate.int_account_starts_found using (account_id, first_contract_date) "
    f"where first_live_date <= $day order by all"
)


@pytest.fixture(scope="module")
def case(tiny_world: World, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Table]]:
    world = tiny_world.copy(tmp_path_factory.mktemp("successes") / "home")
    return world.home / "build" / "warehouse.duckdb", compiled_tables(world)


def told_by(connection: duckdb.DuckDBPyConnection, day: date) -> list[tuple[Any, ...]]:
    return connection.execute(TOLD_BY, {"day": day}).fetchall()


@pytest.mark.parametrize("day", [date(2026, 5, 29), date(2026, 6, 8), date(2026, 6, 17), date(2026, 6, 26)])
def test_what_a_day_tells_is_what_was_known_by_its_end(
    case: tuple[Path, list[Table]], tmp_path: Path, day: date
) -> None:
    whole, tables = case
    path = tmp_path / "warehouse.duckdb"
    shutil.copyfile(whole, path)
    with duckdb.connect(path) as connection:
        connection.execute("set TimeZone = 'UTC'")
        stored = told_by(connection, day)
        empty(connection, tables)
        for (name,) in connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'raw' and starts_with(table_name, 'files_')"
        ).fetchall():
            connection.execute(f"delete from raw.{name} where _known_at >= ?", [day + timedelta(days=1)])
        build(connection, tables, FIRST, day)
        assert told_by(connection, day) == stored
        found = [row[3] for row in stored]
    assert any(found), "some have succeeded by the day"
    assert None in found, "and some have not"
