"""From a warehouse's models to the four tables that readers see."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.assets.publish import public_marts
from dagster_project.dev import build_on_copy, dev_settings
from dagster_project.diff import mart_keys
from dagster_project.settings import load_settings
from dagster_project.statistics import computing
from dagster_project.statistics.computing import STATISTICS, DeclaredTable, Statistic, declared_tables, write_statistics
from dagster_project.warehouse.duckdb import DuckDBWarehouse
from dagster_project.warehouse.interface import MadeTable, WarehouseError
from tests.conftest import World

TABLE = DeclaredTable("kpi_x", "", ("a", "b"), {"a": "text", "b": "integer not null"})


@pytest.fixture
def warehouse(tmp_path: Path) -> DuckDBWarehouse:
    """One with a table for a statistic to read."""
    made = DuckDBWarehouse(tmp_path / "warehouse.duckdb")
    with made.session() as session:
        session.run("create schema marts")
        session.run("create table marts.fct_x as select * from (values ('q', 2), ('p', 1)) as told (a, b)")
    return made


def use(monkeypatch: pytest.MonkeyPatch, compute: Any, relation: str = "marts.fct_x") -> None:
    monkeypatch.setattr(computing, "STATISTICS", {"kpi_x": Statistic({relation: ("a", "b")}, compute)})


def test_statistic_reads_its_rows_in_order_and_replaces_its_table(
    warehouse: DuckDBWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, lambda rows: [{"a": rows[0]["a"], "b": 1}, {"a": None, "b": 2}])
    assert write_statistics(warehouse, {"kpi_x": TABLE}) == {"kpi_x": 2}
    use(monkeypatch, lambda rows: [{"a": row["a"], "b": row["b"]} for row in rows[:1]])
    assert write_statistics(warehouse, {"kpi_x": TABLE}) == {"kpi_x": 1}
    assert warehouse.rows("select * from marts.kpi_x") == [{"a": "p", "b": 1}]


def test_statistic_whose_input_was_never_built_is_refused_or_left_out(
    warehouse: DuckDBWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, lambda rows: rows, relation="marts.fct_y")
    with pytest.raises(WarehouseError, match="What kpi_x read is not built"):
        write_statistics(warehouse, {"kpi_x": TABLE})
    assert write_statistics(warehouse, {"kpi_x": TABLE}, leaves_out_unbuilt=True) == {}


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([{"a": "p", "b": 1}, {"a": "p", "b": 1}], "two rows with one a, b"),
        ([{"a": "p", "c": 1}], "differ in b, c"),
    ],
)
def test_rows_that_break_the_declaration_are_refused(
    warehouse: DuckDBWarehouse, monkeypatch: pytest.MonkeyPatch, rows: list[dict[str, Any]], told: str
) -> None:
    use(monkeypatch, lambda _: rows)
    with pytest.raises(WarehouseError, match=told):
        write_statistics(warehouse, {"kpi_x": TABLE})


def test_tables_stay_as_they_were_when_one_cannot_be_written(warehouse: DuckDBWarehouse) -> None:
    good = MadeTable("kpi_x", TABLE.columns, [("p", 1)])
    warehouse.replace_tables("marts", [good])
    bad = [replace(good, rows=[("q", 2)]), replace(good, name="kpi_y", rows=[("q", None)])]
    with pytest.raises(duckdb.ConstraintException):
        warehouse.replace_tables("marts", bad)
    assert warehouse.rows("select * from marts.kpi_x") == [{"a": "p", "b": 1}]
    found = warehouse.rows("select table_name from information_schema.tables where table_schema = 'marts'")
    assert {row["table_name"] for row in found} == {"fct_x", "kpi_x"}


@pytest.fixture(scope="module")
def manifest(tiny_world: World) -> Path:
    return tiny_world.home / "build" / "dbt" / "manifest.json"


def test_every_statistic_is_declared_and_every_declared_one_is_computed(manifest: Path) -> None:
    tables = declared_tables(manifest)
    assert tables.keys() == STATISTICS.keys()
    marts = {mart.name: mart for mart in public_marts(manifest)}
    for name, table in tables.items():
        assert table.description.startswith("One row per "), name
        assert set(table.key) <= table.columns.keys(), name
        assert mart_keys(manifest)[name] == list(table.key)
        assert marts[name].descriptions.keys() == table.columns.keys()
        assert all(marts[name].descriptions.values()), name


def test_every_input_of_a_statistic_is_a_model_or_seed(manifest: Path) -> None:
    """Dagster orders the steps by it."""
    nodes = json.loads(manifest.read_text())["nodes"].values()
    built = {f"{node['schema']}.{node['name']}": node for node in nodes if node["resource_type"] in {"model", "seed"}}
    for statistic in STATISTICS.values():
        for relation, columns in statistic.reads.items():
            assert set(columns) <= built[relation]["columns"].keys(), relation


def rows(world: World, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(world.published / "marts.duckdb", read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_tables_are_published_with_their_types_and_words(tiny_world: World, manifest: Path) -> None:
    types = {"text": "VARCHAR", "numeric": "DECIMAL"}
    for name, table in declared_tables(manifest).items():
        described = rows(
            tiny_world, f"select column_name, data_type, comment from duckdb_columns() where table_name = '{name}'"
        )
        assert [column for column, _, _ in described] == list(table.columns)
        for column, kind, comment in described:
            declared = table.columns[column].removesuffix(" not null")
            head, _, tail = declared.partition("(")
            assert kind == types.get(head, head.upper()) + (f"({tail}" if tail else "")
            assert comment, f"{name}.{column}"
        assert rows(tiny_world, f"select count(*) from {name}") > [(0,)]


def test_published_figures_are_those_of_the_published_rows(tiny_world: World) -> None:
    """Counted a second time in SQL, on what readers see."""
    assert rows(
        tiny_world,
        "select account_count, reached_count, censored_count, left_count from kpi_time_to_value "
        "where segment is null and cohort_quarter_date is null",
    ) == rows(
        tiny_world,
        "select count(*), count(*) filter (where is_first_success_reached), "
        "count(*) filter (where not is_first_success_reached), "
        "count(*) filter (where not is_first_success_reached and left_date is not null) "
        "from fct_onboarding where is_observed_from_start and is_first_success_reached is not null",
    )
    assert rows(
        tiny_world,
        "select step_id, segment, account_count, reached_count, stuck_count from kpi_onboarding_funnel order by all",
    ) == rows(
        tiny_world,
        "select step_id, segment, count(*), count(*) filter (where is_reached), count(*) filter (where is_stuck) "
        "from fct_onboarding_steps where is_observed_from_start "
        "group by grouping sets ((step_id), (step_id, segment)) order by all",
    )
    assert rows(
        tiny_world,
        "select sum(trial_count), sum(converted_count), sum(open_count) from kpi_onboarding_conversion "
        "where segment is null and onboarding_speed <> 'not_within_24_hours'",
    ) == rows(
        tiny_world,
        "select sum(trial_count), sum(converted_count), sum(open_count) from kpi_onboarding_conversion "
        "where segment is not null and onboarding_speed <> 'not_within_24_hours'",
    )
    assert rows(tiny_world, "select count(*), count(distinct (rung, deadline_weeks)) from kpi_ladder_retention") == [
        (65, 65)
    ]


def test_a_copy_of_the_build_has_the_statistics_of_its_own_rows(tiny_world: World, tmp_path: Path) -> None:
    world = tiny_world.copy(tmp_path / "home")
    settings = load_settings(world.environment)
    benchmarks = "select max(benchmark_ratio) from marts.kpi_onboarding_conversion"
    with duckdb.connect(settings.build_path) as connection:
        connection.execute("drop table marts.kpi_onboarding_conversion")
    _, done = build_on_copy(settings, "int_ladder_retention_counted", (date(2026, 6, 30), date(2026, 6, 30)))
    assert done.returncode == 0, done.stdout
    with duckdb.connect(dev_settings(settings).build_path, read_only=True) as connection:
        assert connection.execute(benchmarks).fetchall() == [(Decimal("1.8"),)]
