"""What a check found, in one form for every stage: raw, models, marts, publish."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

from dagster_project.facts import keep_fact
from dagster_project.settings import Settings
from dagster_project.warehouse.interface import Warehouse

OWNER = "team:customer_success_data"

Policy = Literal["block", "hold", "warn"]
"""What follows where a check is not met: nothing is published; the source is kept out; readers are told."""
Outcome = Literal["passed", "failed", "held", "warned", "not_applicable"]


@dataclass(frozen=True)
class CheckResult:
    """One check of one run; `rows_scanned` and `failing_row_count` are null where rows are not what it counts."""

    stage: Literal["raw", "models", "marts", "publish"]
    table_name: str
    check_name: str
    policy: Policy
    outcome: Outcome
    remedy: str
    message: str | None = None
    rows_scanned: int | None = None
    failing_row_count: int | None = None
    failing_rows: Sequence[Mapping[str, Any]] = ()
    """Some of them."""
    owner: str = OWNER


def record_checks(
    settings: Settings, warehouse: Warehouse, run_id: str, as_of_date: date, results: Sequence[CheckResult]
) -> None:
    """Keep results of checks as facts."""
    checked_at = datetime.now(UTC).replace(tzinfo=None)
    rows = [
        {
            **asdict(result),
            "failing_rows": json.dumps(list(result.failing_rows), default=str, ensure_ascii=False)
            if result.failing_rows
            else None,
            "run_id": run_id,
            "as_of_date": as_of_date,
            "checked_at": checked_at,
        }
        for result in results
    ]
    keep_fact(settings, warehouse, "check_results", rows)
