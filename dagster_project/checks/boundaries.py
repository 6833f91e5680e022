"""The guard behind the models: each mart's suite as a blocking Dagster check, its warnings as one that only tells."""

from collections.abc import Collection, Iterator, Sequence

import dagster as dg

from dagster_project.checks.expectations import FigureResult, Subject, Suite, SuiteResult, read_suites, validate
from dagster_project.checks.results import CheckResult, record_checks
from dagster_project.days import days_of_run
from dagster_project.settings import Settings
from dagster_project.warehouse import open_warehouse

CHECK_NAME = "meets_expectations"
WARNING_NAME = "raises_no_warning"


def build_mart_checks(settings: Settings, computed: Collection[str]) -> dg.AssetChecksDefinition:
    """One step that validates the suites of the marts that dbt makes, not of those `computed` after it."""
    suites = [suite for suite in read_suites("marts") if _name(suite) not in computed]

    @dg.multi_asset_check(name="check_marts", specs=check_specs(suites))
    def mart_checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        yield from judged_suites(settings, context, suites)

    return mart_checks


def suites_of(marts: Collection[str]) -> list[Suite]:
    """The suites of some marts, by name."""
    return [suite for suite in read_suites("marts") if _name(suite) in marts]


def check_specs(suites: Sequence[Suite]) -> list[dg.AssetCheckSpec]:
    """The checks that suites are to Dagster."""
    return [spec for suite in suites for spec in _specs(suite)]


def judged_suites(
    settings: Settings, context: dg.AssetCheckExecutionContext | dg.AssetExecutionContext, suites: Sequence[Suite]
) -> Iterator[dg.AssetCheckResult]:
    """Validate suites on the build as it stands, keep what they found, and tell Dagster."""
    warehouse = open_warehouse(settings)
    _, last = days_of_run(settings, context.run.tags)
    build = warehouse.last_build()
    as_of_date = max(last, build.as_of_date) if build else last
    subjects = [
        Subject(suite.table, suite, suite.table, rows_expected=settings.entities_fed >= set(suite.rows_expected_of))
        for suite in suites
    ]
    dates = {
        "history_start_date": f"date '{settings.calendar.history_start_date}'",
        "as_of_date": f"date '{as_of_date}'",
    }
    results = validate(warehouse.rows, subjects, dates)
    record_checks(
        settings,
        warehouse,
        context.run.run_id,
        as_of_date,
        [told for suite in suites for told in _told(suite, results[suite.table])],
    )
    for suite in suites:
        result = results[suite.table]
        for failure in result.failures:
            context.log.error(f"{suite.table}: {failure}. {suite.remedy}")
        yield check_result(suite, CHECK_NAME, result, result.failures, dg.AssetCheckSeverity.ERROR)
        if _has_warnings(suite):
            yield check_result(suite, WARNING_NAME, result, result.warnings, dg.AssetCheckSeverity.WARN)


def check_result(
    suite: Suite,
    check_name: str,
    result: SuiteResult,
    unmet: Sequence[FigureResult],
    severity: dg.AssetCheckSeverity,
) -> dg.AssetCheckResult:
    """A suite's result as Dagster shows it."""
    return dg.AssetCheckResult(
        passed=not unmet,
        asset_key=dg.AssetKey(suite.table.split(".")),
        check_name=check_name,
        severity=severity,
        metadata={
            "rows_scanned": result.rows_scanned,
            "failures": dg.MetadataValue.json([str(figure) for figure in unmet]),
            "failing_rows": dg.MetadataValue.json([_as_text(row) for figure in unmet for row in figure.samples]),
            "remedy": suite.remedy,
        },
    )


def _specs(suite: Suite) -> list[dg.AssetCheckSpec]:
    key, told = dg.AssetKey(suite.table.split(".")), {"owner": suite.owner, "suite": str(suite.path.name)}
    specs = [
        dg.AssetCheckSpec(
            name=CHECK_NAME,
            asset=key,
            blocking=True,
            description=f"Expectations of {suite.path.name}. If it fails: {suite.remedy}",
            metadata=told,
        )
    ]
    if _has_warnings(suite):
        specs.append(
            dg.AssetCheckSpec(
                name=WARNING_NAME,
                asset=key,
                description=f"Expectations of {suite.path.name} that readers are told of.",
                metadata=told,
            )
        )
    return specs


def _name(suite: Suite) -> str:
    return suite.table.partition(".")[2]


def _has_warnings(suite: Suite) -> bool:
    return any(told["severity"] == "warning" for told in suite.document["expectations"])


def _told(suite: Suite, result: SuiteResult) -> list[CheckResult]:
    return [
        CheckResult(
            stage="marts",
            table_name=_name(suite),
            check_name=figure.name,
            policy="warn" if figure.is_warning else "block",
            outcome="passed" if figure.is_met else "warned" if figure.is_warning else "failed",
            remedy=suite.remedy,
            message=None if figure.is_met else str(figure),
            rows_scanned=result.rows_scanned,
            failing_row_count=figure.value if figure.counts_bad_rows else None,
            failing_rows=figure.samples,
            owner=suite.owner,
        )
        for figure in result.figures
    ]


def _as_text(row: dict[str, object]) -> dict[str, str | None]:
    return {name: None if value is None else str(value) for name, value in row.items()}
