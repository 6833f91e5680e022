"""Great Expectations at the boundaries: suites as JSON, validated on a one-row profile of each table.

A suite's `meta.profile` names figures and the SQL that counts them; one scan of the table gives them all, and the
expectations judge the figures. Where a figure counts bad rows, the same SQL fetches a sample of them.
"""

import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from dagster_project.settings import EXPECTATIONS_DIR
from dagster_project.warehouse.interface import Warehouse

SAMPLE_ROWS = 5
SEPARATOR = "|"  # between table and figure in the one profile row


@dataclass(frozen=True)
class Suite:
    """One table's expectations; `table` is `<schema>.<name>`."""

    path: Path
    table: str
    owner: str
    remedy: str
    rows_expected_of: tuple[str, ...]
    """Entities that must all have a source for rows to be expected; without one the table may be empty."""
    bad_rows: dict[str, str]
    """Figure to the SQL condition that marks a bad row."""
    figures: dict[str, str]
    """Further figures to the SQL expression that gives them."""
    document: dict[str, Any]


@dataclass(frozen=True)
class SuiteResult:
    """What a suite found: `failures` says each unmet expectation with the figure seen; `samples` shows bad rows."""

    is_met: bool
    rows_scanned: int
    failures: tuple[str, ...]
    samples: tuple[dict[str, Any], ...]


def read_suites(folder: str) -> list[Suite]:
    """The suites of `expectations/<folder>/`, by file name."""
    suites = []
    for path in sorted((EXPECTATIONS_DIR / folder).glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        meta = document["meta"]
        suites.append(
            Suite(
                path=path,
                table=f"{folder}.{path.stem}",
                owner=meta["owner"],
                remedy=meta["remedy"],
                rows_expected_of=tuple(meta["rows_expected_of"]),
                bad_rows=meta["profile"].get("bad_rows", {}),
                figures=meta["profile"].get("figures", {}),
                document=document,
            )
        )
    return suites


def validate(
    warehouse: Warehouse, suites: Sequence[Suite], dates: dict[str, str], entities_fed: AbstractSet[str]
) -> dict[str, SuiteResult]:
    """Result by table.

    `dates` fills `{as_of_date}` and `{history_start_date}` in the suites' SQL; `entities_fed` are the entities that a
    configured source delivers. All profiles are judged in one go, because each validation has its own start-up.
    """
    profiles = {suite.table: warehouse.rows(_profile_query(suite, dates))[0] for suite in suites}
    unmet: dict[str, list[Any]] = {suite.table: [] for suite in suites}
    for result in _judged(profiles, suites, entities_fed):
        table, column = result.expectation_config.kwargs["column"].split(SEPARATOR)
        if not result.success:
            unmet[table].append((column, result.expectation_config))
    return {
        suite.table: _result(warehouse, suite, profiles[suite.table], unmet[suite.table], dates) for suite in suites
    }


def _bad_rows(suite: Suite, dates: dict[str, str]) -> dict[str, str]:
    return {name: sql.format(**dates) for name, sql in suite.bad_rows.items()}


def _profile_query(suite: Suite, dates: dict[str, str]) -> str:
    """One scan of a table that gives every figure its suite asks for."""
    counted = {name: f"count(*) filter (where {sql})" for name, sql in _bad_rows(suite, dates).items()}
    figures = {name: sql.format(**dates) for name, sql in suite.figures.items()}
    selected = ", ".join(f"{sql} as {name}" for name, sql in {"row_count": "count(*)", **counted, **figures}.items())
    return f"select {selected} from {suite.table}"


def _judged(
    profiles: Mapping[str, dict[str, Any]], suites: Sequence[Suite], entities_fed: AbstractSet[str]
) -> Sequence[Any]:
    """Great Expectations' results on one row that holds the figures of all tables, as `<table>|<figure>`."""
    import pandas as pd  # noqa: PLC0415 - heavy, and only needed once checks run

    if not suites:
        return []
    row = {f"{table}{SEPARATOR}{name}": value for table, profile in profiles.items() for name, value in profile.items()}
    results: Sequence[Any] = _batch(pd.DataFrame([row])).validate(_expectation_suite(suites, entities_fed)).results
    return results


def _result(
    warehouse: Warehouse, suite: Suite, profile: dict[str, Any], unmet: list[tuple[str, Any]], dates: dict[str, str]
) -> SuiteResult:
    bad_rows = _bad_rows(suite, dates)
    samples = [
        row
        for column, _ in unmet
        if column in bad_rows
        for row in warehouse.rows(f"select * from {suite.table} where {bad_rows[column]} limit {SAMPLE_ROWS}")
    ]
    return SuiteResult(
        is_met=not unmet,
        rows_scanned=int(profile["row_count"]),
        failures=tuple(f"{column} is {profile[column]}: {told.type} {_limits(told)}" for column, told in unmet),
        samples=tuple(samples),
    )


@cache
def _pandas_asset() -> Any:
    import great_expectations as gx  # noqa: PLC0415 - takes seconds
    from great_expectations.data_context.types.base import ProgressBarsConfig  # noqa: PLC0415

    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(enable=False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context.data_sources.add_pandas("profiles").add_dataframe_asset("profile")


def _batch(frame: Any) -> Any:
    asset = _pandas_asset()
    names = [definition.name for definition in asset.batch_definitions]
    whole = asset.get_batch_definition("row") if "row" in names else asset.add_batch_definition_whole_dataframe("row")
    return whole.get_batch({"dataframe": frame})


def _expectation_suite(suites: Sequence[Suite], entities_fed: AbstractSet[str]) -> Any:
    from great_expectations import ExpectationSuite  # noqa: PLC0415 - takes seconds

    expectations = []
    for suite in suites:
        rows_expected = entities_fed >= set(suite.rows_expected_of)
        for told in suite.document["expectations"]:
            column = told["kwargs"]["column"]
            if rows_expected or column != "row_count":
                expectations.append(
                    {**told, "kwargs": {**told["kwargs"], "column": f"{suite.table}{SEPARATOR}{column}"}}
                )
    return ExpectationSuite(name="boundary", expectations=expectations)


def _limits(told: Any) -> str:
    kwargs = told.kwargs
    return ", ".join(f"{name} {kwargs[name]}" for name in ("min_value", "max_value", "value_set") if name in kwargs)
