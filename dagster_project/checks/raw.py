"""The guard before the models: what came of every table and source of a run, and on what nothing may be built."""

from collections.abc import Collection, Sequence
from typing import Any

from dagster_project.checks.batches import raw_suite
from dagster_project.checks.results import CheckResult
from dagster_project.loading import LoadedTable
from dagster_project.warehouse.interface import Warehouse


def check_results(
    warehouse: Warehouse, loaded: Sequence[LoadedTable], late: dict[str, str], entities_without_source: Collection[str]
) -> list[CheckResult]:
    """What the guard before raw found, a row for each expectation, table, source and the ledger."""
    has_rows = _tables_with_rows(warehouse)
    found: list[CheckResult] = []
    for table in loaded:
        found += _batch_checks(table, has_rows)
    for source_name in sorted({table.source_name for table in loaded}):
        found.append(
            CheckResult(
                stage="raw",
                table_name=source_name,
                check_name="source_is_fresh",
                policy="hold",
                outcome="held" if source_name in late else "passed",
                remedy="See why the source delivers nothing: its export, its credentials, the folder it writes to.",
                message=late.get(source_name),
            )
        )
    unreconciled = unreconciled_batches(warehouse, loaded)
    found.append(
        CheckResult(
            stage="raw",
            table_name="batches",
            check_name="every_row_is_accounted_for",
            policy="block",
            outcome="failed" if unreconciled else "passed",
            remedy="The loader lost or doubled rows: set the build file aside, and run to load landing again.",
            message=f"{len(unreconciled)} batches do not add up" if unreconciled else None,
            rows_scanned=sum(table.batch.rows_read for table in loaded if table.batch),
            failing_row_count=len(unreconciled),
            failing_rows=unreconciled,
        )
    )
    found += [
        CheckResult(
            stage="raw",
            table_name=entity,
            check_name="has_rows",
            policy="block",
            outcome="not_applicable",
            remedy="Nothing: no configured source delivers it.",
        )
        for entity in sorted(entities_without_source)
    ]
    return found


def blocking_faults(warehouse: Warehouse, loaded: Sequence[LoadedTable]) -> dict[str, str]:
    """Raw table to why nothing may be built on it: it is held, or empty, and has no earlier rows to stand on."""
    has_rows = _tables_with_rows(warehouse)
    return {
        table.table_name: table.fault or f"{table.named} has never delivered a row, although it is configured"
        for table in loaded
        if (table.source_name, table.entity) not in has_rows
    }


def unreconciled_batches(warehouse: Warehouse, loaded: Sequence[LoadedTable]) -> list[dict[str, Any]]:
    """Batches of this run whose rows in raw and in the rejections are not as many as were read."""
    checked = [table for table in loaded if table.result]
    if not checked:
        return []
    numbers = " union all ".join(
        f"select max(load_number) as load_number from raw.batches "
        f"where source_name = '{table.source_name}' and entity = '{table.entity}'"
        for table in checked
    )
    counts = " union all ".join(
        f"select _load_number as load_number, count(*) as found from raw.{name} "
        f"where _load_number in (select load_number from checked) group by _load_number"
        for name in sorted({table.table_name for table in checked})
    )
    return warehouse.rows(
        f"with checked as ({numbers}), stored as ({counts}), "
        f"rejected as (select load_number, count(*) as found from raw.rejected_rows "
        f"where load_number in (select load_number from checked) group by load_number) "
        f"select b.*, coalesce(s.found, 0) as rows_stored, coalesce(r.found, 0) as rejections_stored "
        f"from raw.batches as b left join stored as s on b.load_number = s.load_number "
        f"left join rejected as r on b.load_number = r.load_number "
        f"where b.load_number in (select load_number from checked) and (b.rows_read <> b.rows_loaded + "
        f"b.rows_unchanged + b.rows_superseded + b.rows_rejected + b.rows_filtered "
        f"or b.rows_loaded + coalesce(b.rows_removed, 0) <> coalesce(s.found, 0) "
        f"or b.rows_rejected <> coalesce(r.found, 0))"
    )


def _batch_checks(table: LoadedTable, has_rows: Collection[tuple[str, str]]) -> list[CheckResult]:
    suite = raw_suite(table.entity)
    stands = (table.source_name, table.entity) in has_rows
    found = [
        CheckResult(
            stage="raw",
            table_name=table.named,
            check_name=figure.name,
            policy="hold",
            outcome="passed" if figure.is_met else "held" if table.fault else "warned",
            remedy=suite.remedy,
            message=None if figure.is_met else str(figure),
            rows_scanned=table.batch.rows_read if table.batch else 0,
            failing_row_count=figure.value if figure.counts_bad_rows else None,
            failing_rows=figure.samples,
            owner=suite.owner,
        )
        for figure in (table.judgement.result.figures if table.judgement else ())
    ]
    found.append(
        CheckResult(
            stage="raw",
            table_name=table.named,
            check_name="batch_is_taken",
            policy="hold",
            outcome="held" if table.fault else "passed",
            remedy=f"{suite.remedy} Where a smaller fetch is right: make run CONFIRM={table.named}.",
            message=table.fault,
            rows_scanned=table.batch.rows_read if table.batch else 0,
            failing_row_count=table.result.rows_rejected if table.result else None,
            owner=suite.owner,
        )
    )
    found.append(
        CheckResult(
            stage="raw",
            table_name=table.named,
            check_name="has_rows",
            policy="block",
            outcome="passed" if stands else "failed",
            remedy="Have the source deliver the table, or take it out of the configuration.",
            message=None if stands else f"{table.named} has never delivered a row",
            owner=suite.owner,
        )
    )
    return found


def _tables_with_rows(warehouse: Warehouse) -> set[tuple[str, str]]:
    """Source and entity of each table that has ever been loaded with rows."""
    found = warehouse.rows("select distinct source_name, entity from raw.batches where rows_loaded > 0")
    return {(row["source_name"], row["entity"]) for row in found}
