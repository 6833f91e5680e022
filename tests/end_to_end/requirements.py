"""What is asked of the marts, as `docs/definitions.md` lists it, and whether it shows and is tested."""

import ast
from functools import cache
from pathlib import Path
from typing import NamedTuple

import duckdb
import yaml

from dagster_project.settings import DBT_PROJECT_DIR
from tests.conftest import ROOT

HEADING = "## What is asked, and where it shows"
COLUMNS = ["id", "asked", "mart", "rows", "least rows", "test"]


class Requirement(NamedTuple):
    """One row of the table; without a `condition` every row of the mart counts."""

    requirement_id: str
    asked: str
    mart: str
    condition: str
    least_row_count: int
    test: str


def requirements(page: str) -> list[Requirement]:
    """The rows of the page's table.

    Raises:
        ValueError: the page has no such table, or a row of it has other cells.
    """
    section = page.partition(HEADING)[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    rows = [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]
    if not rows or rows[0] != COLUMNS:
        raise ValueError(f"there is no table of {', '.join(COLUMNS)} under {HEADING}")
    return [
        Requirement(requirement_id, asked, mart, condition, int(least), test)
        for requirement_id, asked, mart, condition, least, test in rows[2:]
    ]


def missing_rows(required: Requirement, marts: duckdb.DuckDBPyConnection) -> str:
    """What the published marts lack for it; empty where it shows."""
    published = {name for (name,) in marts.execute("select table_name from information_schema.tables").fetchall()}
    if required.mart not in published:
        return f"{required.mart} is not published"
    condition = required.condition or "true"
    [(count,)] = marts.execute(f"select count(*) from {required.mart} where {condition}").fetchall()
    if count < required.least_row_count:
        return f"{required.mart} has {count} rows where {condition}, not {required.least_row_count}"
    return ""


def is_test(name: str) -> bool:
    """Whether dbt has a unit test or an assertion of this name, or pytest a test at this path."""
    path, _, function = name.rpartition("::")
    return function in (_functions(ROOT / path) if path else _dbt_tests())


def _functions(path: Path) -> set[str]:
    if not path.is_file():
        return set()
    module = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in module.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


@cache
def _dbt_tests() -> set[str]:
    told = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in (DBT_PROJECT_DIR / "models").rglob("*.yml")]
    unit_tests = {test["name"] for properties in told for test in properties.get("unit_tests", [])}
    return unit_tests | {path.stem for path in (DBT_PROJECT_DIR / "tests").rglob("assert_*.sql")}
