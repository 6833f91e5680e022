"""The table of what is asked is well formed, each test that it names is there, and what is not is noticed."""

import re
from collections import Counter

import duckdb
import pytest

from dagster_project.definitions_docs import DOCS_PATH
from tests.end_to_end.requirements import HEADING, Requirement, is_test, missing_rows, requirements

REQUIRED = requirements(DOCS_PATH.read_text(encoding="utf-8"))


def test_rows_of_the_table_are_well_formed() -> None:
    for required in REQUIRED:
        assert re.fullmatch("[A-Z][1-9][0-9]*", required.requirement_id), required
        assert required.asked, required
        assert required.least_row_count > 0, required
    rows = Counter((required.requirement_id, required.mart, required.condition) for required in REQUIRED)
    assert [row for row, count in rows.items() if count > 1] == []


def test_every_test_that_is_named_exists() -> None:
    assert [required.test for required in REQUIRED if not is_test(required.test)] == []


@pytest.mark.parametrize(
    ("mart", "condition", "least_row_count", "lacks"),
    [
        ("fct_known", "", 3, ""),
        ("fct_known", "number > 1", 2, ""),
        ("fct_unknown", "", 1, "fct_unknown is not published"),
        ("fct_known", "", 4, "fct_known has 3 rows where true, not 4"),
        ("fct_known", "number > 1", 3, "fct_known has 2 rows where number > 1, not 3"),
    ],
)
def test_mart_or_rows_that_are_missing_are_told(mart: str, condition: str, least_row_count: int, lacks: str) -> None:
    with duckdb.connect() as marts:
        marts.execute("create table fct_known as select unnest([1, 2, 3]) as number")
        assert missing_rows(Requirement("S1", "asked", mart, condition, least_row_count, "test"), marts) == lacks


@pytest.mark.parametrize(
    ("name", "is_there"),
    [
        ("test_fct_account_signals_makes_a_row_of_each_run_of_days", True),
        ("assert_contributions_sum_to_the_score", True),
        ("tests/end_to_end/test_requirements.py::test_test_that_is_missing_is_told", True),
        ("test_nobody_wrote", False),
        ("assert_nobody_wrote", False),
        ("fct_account_signals", False),
        ("tests/end_to_end/test_requirements.py::test_nobody_wrote", False),
        ("tests/end_to_end/test_requirements.py::requirements", False),
        ("tests/test_nobody_wrote.py::test_nobody_wrote", False),
    ],
)
def test_test_that_is_missing_is_told(name: str, is_there: bool) -> None:
    assert is_test(name) is is_there


@pytest.mark.parametrize("page", ["# Definitions\n", f"{HEADING}\n\n| id | mart |\n|---|---|\n| S1 | `fct_known` |\n"])
def test_a_page_without_the_table_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="no table of id, asked, mart"):
        requirements(page)
