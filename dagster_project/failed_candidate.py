"""What a run that was refused had built, kept for whoever looks into it; no reader ever sees it."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

from dagster_project.settings import Settings
from dagster_project.sources.file_mapping import text_literal
from dagster_project.warehouse.interface import Warehouse

# A cell that begins so is a formula to a spreadsheet.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = ("stage", "table_name", "check_name", "message", "failing_row_count", "remedy", "failing_row")


def keep_failed_candidate(settings: Settings, warehouse: Warehouse, run_id: str) -> Path | None:
    """Write the marts as they stand and the failing rows of a run to a folder; null where no check failed in it."""
    failed = warehouse.rows(
        f"select stage, table_name, check_name, message, failing_row_count, remedy, failing_rows "
        f"from raw.check_results where run_id = {text_literal(run_id)} and outcome in ('failed', 'held') "
        f"order by stage, table_name, check_name"
    )
    if not failed:
        return None
    folder = settings.failed_candidate_dir
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with (folder / "failing_rows.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for check in failed:
            for row in json.loads(check["failing_rows"] or "[null]"):
                told = None if row is None else json.dumps(row, ensure_ascii=False)
                writer.writerow([harmless(value) for value in (*list(check.values())[:-1], told)])
    marts = warehouse.rows(
        "select table_name from information_schema.tables where table_schema = 'marts' "
        "and table_name not like '%__dbt%' order by table_name"
    )
    warehouse.export("marts", {row["table_name"]: {} for row in marts}, folder)
    return folder


def harmless(value: Any) -> Any:
    """The value as a cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value
