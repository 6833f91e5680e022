"""Expectations: what fails is told with the figure that was seen and some of the rows that made it."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.checks import expectations
from dagster_project.checks.expectations import SAMPLE_ROWS, Subject, SuiteResult, read_suites, validate
from dagster_project.contract import input_contract
from dagster_project.settings import EXPECTATIONS_DIR
from dagster_project.warehouse.duckdb import DuckDBWarehouse

DATES = {"history_start_date": "date '2026-01-01'", "as_of_date": "date '2026-06-30'"}


def between(column: str, **limits: int) -> dict[str, Any]:
    return {
        "type": "expect_column_values_to_be_between",
        "kwargs": {"column": column} | limits,
        "severity": "critical",
    }


SUITE: dict[str, Any] = {
    "name": "marts_orders",
    "meta": {
        "owner": "team:orders",
        "remedy": "Mend the orders.",
        "rows_expected_of": ["orders"],
        "profile": {
            "bad_rows": {
                "orders_in_the_future": "ordered_on > {as_of_date}",
                "orders_without_amount": "amount is null",
            },
            "figures": {"total_amount": "sum(amount)", "largest_amount": "max(amount)"},
        },
    },
    "expectations": [
        between("row_count", min_value=1),
        between("orders_in_the_future", min_value=0, max_value=0),
        between("orders_without_amount", min_value=0, max_value=2),
        between("total_amount", min_value=100),
        between("largest_amount", max_value=500) | {"severity": "warning"},
    ],
}


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DuckDBWarehouse:
    """One suite, and the table it is about, without rows."""
    (tmp_path / "marts").mkdir()
    (tmp_path / "marts" / "orders.json").write_text(json.dumps(SUITE))
    monkeypatch.setattr(expectations, "EXPECTATIONS_DIR", tmp_path)
    made = DuckDBWarehouse(tmp_path / "warehouse.duckdb")
    with duckdb.connect(made.path) as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.orders (id integer, ordered_on date, amount integer)")
    return made


def judged(warehouse: DuckDBWarehouse, *, rows_expected: bool = True) -> SuiteResult:
    [suite] = read_suites("marts")
    found = validate(warehouse.rows, [Subject("orders", suite, suite.table, rows_expected)], DATES)
    assert list(found) == ["orders"]
    return found["orders"]


def fill(warehouse: DuckDBWarehouse, rows: str) -> None:
    with duckdb.connect(warehouse.path) as connection:
        connection.execute(f"insert into marts.orders {rows}")


def test_suites_tell_table_and_owner_when_read(warehouse: DuckDBWarehouse) -> None:
    [suite] = read_suites("marts")
    assert suite.path == warehouse.path.parent / "marts" / "orders.json"
    assert (suite.table, suite.owner, suite.remedy) == ("marts.orders", "team:orders", "Mend the orders.")
    assert list(suite.bad_rows) == ["orders_in_the_future", "orders_without_amount"]
    assert suite.figures == {"total_amount": "sum(amount)", "largest_amount": "max(amount)"}
    assert read_suites("raw") == []


def test_expectations_tell_figure_and_rows_when_one_is_not_met(warehouse: DuckDBWarehouse) -> None:
    fill(warehouse, "select i, date '2026-06-30' + case when i > 3 then 1 else 0 end, i from range(1, 11) as t(i)")
    result = judged(warehouse)
    assert result.rows_scanned == 10
    assert [str(figure) for figure in result.failures] == [
        "orders_in_the_future is 7: expected 0",
        "total_amount is 55: expected at least 100",
    ]
    in_the_future, total = result.failures
    assert len(in_the_future.samples) == SAMPLE_ROWS == 5
    assert all(row["id"] > 3 and str(row["ordered_on"]) == "2026-07-01" for row in in_the_future.samples)
    assert total.samples == ()


def test_expectations_are_met_when_figures_touch_their_limits(warehouse: DuckDBWarehouse) -> None:
    fill(warehouse, "values (1, date '2026-06-30', 100), (2, null, null), (3, null, null)")
    result = judged(warehouse)
    assert (result.rows_scanned, result.failures, result.warnings) == (3, [], [])
    assert len(result.figures) == 5


def test_expectations_name_the_row_count_when_table_is_empty(warehouse: DuckDBWarehouse) -> None:
    result = judged(warehouse)
    assert result.rows_scanned == 0
    assert "row_count is 0: expected at least 1" in [str(figure) for figure in result.failures]


def test_expectations_let_a_table_be_empty_when_no_source_feeds_it(warehouse: DuckDBWarehouse) -> None:
    assert judged(warehouse, rows_expected=False).failures == []


def test_expectations_only_warn_when_their_severity_says_so(warehouse: DuckDBWarehouse) -> None:
    fill(warehouse, "values (1, date '2026-06-30', 1000)")
    result = judged(warehouse)
    assert result.failures == []
    assert [str(figure) for figure in result.warnings] == ["largest_amount is 1000: expected at most 500"]


def test_raw_suites_run_as_sql_when_raw_tables_are_empty(tmp_path: Path) -> None:
    made = DuckDBWarehouse(tmp_path / "warehouse.duckdb")
    made.prepare(["files"])
    suites = read_suites("raw")
    assert {suite.table for suite in suites} == {f"raw.{entity}" for entity in input_contract()}
    for suite in suites:
        table = suite.table.replace("raw.", "raw.files_")
        for condition in suite.bad_rows.values():
            assert made.rows(f"select * from {table} where {condition.format(**DATES)}") == []
        for figure in suite.figures.values():
            assert len(made.rows(f"select {figure.format(**DATES)} from {table}")) == 1


@pytest.mark.parametrize("path", sorted(EXPECTATIONS_DIR.glob("*/*.json")), ids=lambda path: str(path.stem))
def test_suites_judge_only_figures_they_count_when_read(path: Path) -> None:
    [suite] = [suite for suite in read_suites(path.parent.name) if suite.path == path]
    judged = {expectation["kwargs"]["column"] for expectation in suite.document["expectations"]}
    counted = {"row_count"} if suite.rows_expected_of else set()
    assert judged == {*counted, *suite.bad_rows, *suite.figures}
    assert set(suite.rows_expected_of) <= set(input_contract())
