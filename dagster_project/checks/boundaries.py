"""The guards at the two boundaries as blocking Dagster checks: raw before dbt, marts before publish."""

from collections.abc import Iterator, Sequence

import dagster as dg

from dagster_project.checks.expectations import Suite, SuiteResult, read_suites, validate
from dagster_project.days import days_of_run
from dagster_project.settings import Settings
from dagster_project.warehouse import open_warehouse

CHECK_NAME = "meets_expectations"


def raw_suites(settings: Settings) -> list[Suite]:
    """Suites of the raw tables that a configured source fills."""
    filled = {f"raw.{source.type}_{entity}" for source in settings.sources.values() for entity in source.tables}
    return [suite for suite in read_suites("raw") if suite.table in filled]


def mart_suites() -> list[Suite]:
    """Suites of the marts."""
    return read_suites("marts")


def build_boundary_checks(settings: Settings, name: str, suites: Sequence[Suite]) -> dg.AssetChecksDefinition:
    """One step that validates suites, with one blocking check per table."""

    @dg.multi_asset_check(
        name=name,
        specs=[
            dg.AssetCheckSpec(
                name=CHECK_NAME,
                asset=dg.AssetKey(suite.table.split(".")),
                blocking=True,
                description=f"Expectations of {suite.path.name}. If it fails: {suite.remedy}",
                metadata={"owner": suite.owner, "suite": str(suite.path.name)},
            )
            for suite in suites
        ],
    )
    def boundary_checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        warehouse = open_warehouse(settings)
        _, last = days_of_run(settings, context.run.tags)
        build = warehouse.last_build()
        dates = {
            "history_start_date": f"date '{settings.calendar.history_start_date}'",
            "as_of_date": f"date '{max(last, build.as_of_date) if build else last}'",
        }
        results = validate(warehouse, suites, dates, settings.entities_fed)
        for suite in suites:
            result = results[suite.table]
            for failure in result.failures:
                context.log.error(f"{suite.table}: {failure}. {suite.remedy}")
            yield _check_result(suite, result)

    return boundary_checks


def _check_result(suite: Suite, result: SuiteResult) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=result.is_met,
        asset_key=dg.AssetKey(suite.table.split(".")),
        check_name=CHECK_NAME,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={
            "rows_scanned": result.rows_scanned,
            "failures": dg.MetadataValue.json(list(result.failures)),
            "failing_rows": dg.MetadataValue.json(
                [{name: None if value is None else str(value) for name, value in row.items()} for row in result.samples]
            ),
            "remedy": suite.remedy,
        },
    )
