"""dbt's tests as results: what each found, and some of the rows that failed it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dagster_project.checks.expectations import SAMPLE_ROWS
from dagster_project.checks.results import CheckResult, Outcome
from dagster_project.contract import without_persons
from dagster_project.warehouse.interface import Warehouse

RUN_RESULTS = "run_results.json"


def test_results(warehouse: Warehouse, target_dir: Path) -> list[CheckResult]:
    """The tests of dbt's last command; none where it wrote no results. A skipped test counts as failed."""
    path = target_dir / RUN_RESULTS
    if not path.exists():
        return []
    nodes = json.loads((target_dir / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    told = json.loads(path.read_text(encoding="utf-8"))["results"]
    return [
        _result(warehouse, nodes[each["unique_id"]], each) for each in told if each["unique_id"].startswith("test.")
    ]


def _result(warehouse: Warehouse, node: Mapping[str, Any], told: Mapping[str, Any]) -> CheckResult:
    is_warning = node["config"]["severity"].lower() == "warn"
    has_failed = told["status"] == "fail" or told["status"] == "warn"
    outcomes: dict[str, Outcome] = {"pass": "passed", "warn": "warned"}
    sample = f"select * from ({told.get('compiled_code')}) as failing limit {SAMPLE_ROWS}"
    return CheckResult(
        stage="models",
        table_name=_table(node),
        check_name=node["name"],
        policy="warn" if is_warning else "block",
        outcome=outcomes.get(told["status"], "failed"),
        remedy=node["description"] or "See which rows fail, and mend the model or its input.",
        message=None if told["status"] == "pass" else told["message"] or told["status"],
        failing_row_count=told["failures"],
        failing_rows=[*map(without_persons, warehouse.rows(sample))]
        if has_failed and told.get("compiled_code")
        else (),
    )


def _table(node: Mapping[str, Any]) -> str:
    named = node.get("attached_node") or next(iter(node["depends_on"]["nodes"]), node["name"])
    return str(named).rpartition(".")[2]
