"""Great Expectations at the boundaries: suites as JSON, validated on a one-row profile of each table.

A suite's `meta.profile` names figures and the SQL that counts them; one scan of the table gives them all, and the
expectations judge the figures. Where a figure counts bad rows, the same SQL fetches a sample of them.
"""

import json
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from dagster_project.settings import EXPECTATIONS_DIR
from dagster_project.warehouse.interface import Warehouse

SAMPLE_ROWS = 5


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
    configured source delivers.
    """
    return {suite.table: _validate_one(warehouse, suite, dates, entities_fed) for suite in suites}


def _validate_one(
    warehouse: Warehouse, suite: Suite, dates: dict[str, str], entities_fed: AbstractSet[str]
) -> SuiteResult:
    import pandas as pd  # noqa: PLC0415 - heavy, and only needed once checks run

    bad_rows = {name: sql.format(**dates) for name, sql in suite.bad_rows.items()}
    counted = {name: f"count(*) filter (where {sql})" for name, sql in bad_rows.items()}
    figures = {name: sql.format(**dates) for name, sql in suite.figures.items()}
    selected = ", ".join(f"{sql} as {name}" for name, sql in {"row_count": "count(*)", **counted, **figures}.items())
    profile = warehouse.rows(f"select {selected} from {suite.table}")[0]
    outcome = _batch(pd.DataFrame([profile])).validate(_expectation_suite(suite, entities_fed))
    failures, samples = [], []
    for result in outcome.results:
        if result.success:
            continue
        column = result.expectation_config.kwargs["column"]
        failures.append(f"{column} is {profile[column]}: {result.expectation_config.type} {_limits(result)}")
        if column in bad_rows:
            samples += warehouse.rows(f"select * from {suite.table} where {bad_rows[column]} limit {SAMPLE_ROWS}")
    return SuiteResult(
        is_met=bool(outcome.success),
        rows_scanned=int(profile["row_count"]),
        failures=tuple(failures),
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


def _expectation_suite(suite: Suite, entities_fed: AbstractSet[str]) -> Any:
    from great_expectations import ExpectationSuite  # noqa: PLC0415 - takes seconds

    rows_expected = entities_fed >= set(suite.rows_expected_of)
    expectations = [
        told for told in suite.document["expectations"] if rows_expected or told["kwargs"]["column"] != "row_count"
    ]
    return ExpectationSuite(name=suite.document["name"], expectations=expectations)


def _limits(result: Any) -> str:
    kwargs = result.expectation_config.kwargs
    return ", ".join(f"{name} {kwargs[name]}" for name in ("min_value", "max_value", "value_set") if name in kwargs)
