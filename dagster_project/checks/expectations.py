"""Great Expectations at the boundaries: suites as JSON, validated on a one-row profile of each table.

A suite's `meta.profile` names figures and the SQL that counts them; one scan of the table gives them all, and the
expectations judge the figures. Where a figure counts bad rows, the same SQL fetches a sample of them. An expectation of
the severity `warning` tells readers; every other stops what it guards.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from dagster_project.contract import without_persons
from dagster_project.settings import EXPECTATIONS_DIR

SAMPLE_ROWS = 5
SEPARATOR = "|"  # between table and figure in the one profile row
ROW_COUNT = "row_count"
RowReader = Callable[[str], list[dict[str, Any]]]
"""Runs a query and gives its rows as dictionaries."""


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
class FigureResult:
    """One expectation: the figure seen, what was expected of it, and some of the rows that make it bad."""

    name: str
    value: Any
    expected: str
    is_met: bool
    is_warning: bool
    counts_bad_rows: bool
    samples: tuple[dict[str, Any], ...] = ()

    def __str__(self) -> str:
        return f"{self.name} is {self.value}: expected {self.expected}"


@dataclass(frozen=True)
class SuiteResult:
    """What a suite found on a table."""

    rows_scanned: int
    figures: tuple[FigureResult, ...]

    @property
    def failures(self) -> list[FigureResult]:
        """Unmet expectations that stop what the suite guards."""
        return [figure for figure in self.figures if not figure.is_met and not figure.is_warning]

    @property
    def warnings(self) -> list[FigureResult]:
        """Unmet expectations that readers are told of."""
        return [figure for figure in self.figures if not figure.is_met and figure.is_warning]


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
                rows_expected_of=tuple(meta.get("rows_expected_of", [])),
                bad_rows=meta["profile"].get("bad_rows", {}),
                figures=meta["profile"].get("figures", {}),
                document=document,
            )
        )
    return suites


@dataclass(frozen=True)
class Subject:
    """A suite and the relation that it judges, under a name of its own; `rows_expected` where none would be a fault."""

    name: str
    suite: Suite
    relation: str
    rows_expected: bool


def validate(rows: RowReader, subjects: Sequence[Subject], dates: dict[str, str]) -> dict[str, SuiteResult]:
    """Result by name of the subject.

    `dates` fills `{as_of_date}` and `{history_start_date}` in the suites' SQL. All profiles are judged in one go,
    because each validation has its own start-up.
    """
    profiles = {subject.name: rows(_profile_query(subject, dates))[0] for subject in subjects}
    found: dict[str, list[FigureResult]] = {subject.name: [] for subject in subjects}
    by_name = {subject.name: subject for subject in subjects}
    for told in _judged(profiles, subjects):
        expectation = told.expectation_config
        name, column = expectation.kwargs["column"].split(SEPARATOR)
        suite, relation = by_name[name].suite, by_name[name].relation
        condition = _bad_rows(suite, dates).get(column)
        sample = f"select * from {relation} where {condition} limit {SAMPLE_ROWS}"
        found[name].append(
            FigureResult(
                name=column,
                value=profiles[name][column],
                expected=_limits(expectation.kwargs),
                is_met=told.success,
                is_warning=str(getattr(expectation.severity, "value", expectation.severity)) == "warning",
                counts_bad_rows=condition is not None,
                samples=tuple(map(without_persons, rows(sample))) if condition and not told.success else (),
            )
        )
    return {
        name: SuiteResult(rows_scanned=int(profile[ROW_COUNT]), figures=tuple(found[name]))
        for name, profile in profiles.items()
    }


def _bad_rows(suite: Suite, dates: dict[str, str]) -> dict[str, str]:
    return {name: sql.format(**dates) for name, sql in suite.bad_rows.items()}


def _profile_query(subject: Subject, dates: dict[str, str]) -> str:
    """One scan of a table that gives every figure its suite asks for."""
    suite = subject.suite
    counted = {name: f"count(*) filter (where {sql})" for name, sql in _bad_rows(suite, dates).items()}
    figures = {name: sql.format(**dates) for name, sql in suite.figures.items()}
    selected = ", ".join(f"{sql} as {name}" for name, sql in {ROW_COUNT: "count(*)", **counted, **figures}.items())
    return f"select {selected} from {subject.relation}"


def _judged(profiles: Mapping[str, dict[str, Any]], subjects: Sequence[Subject]) -> Sequence[Any]:
    """Great Expectations' results on one row that holds the figures of all subjects, as `<name>|<figure>`."""
    expectations = [
        {**told, "kwargs": {**told["kwargs"], "column": f"{subject.name}{SEPARATOR}{told['kwargs']['column']}"}}
        for subject in subjects
        for told in subject.suite.document["expectations"]
        if subject.rows_expected or told["kwargs"]["column"] != ROW_COUNT
    ]
    if not expectations:
        return []
    import pandas as pd  # noqa: PLC0415 - heavy, and only needed once checks run
    from great_expectations import ExpectationSuite  # noqa: PLC0415 - takes seconds

    row = {f"{name}{SEPARATOR}{key}": value for name, profile in profiles.items() for key, value in profile.items()}
    suite = ExpectationSuite(name="boundary", expectations=expectations)
    results: Sequence[Any] = _batch(pd.DataFrame([row])).validate(suite).results
    return results


def _limits(kwargs: Mapping[str, Any]) -> str:
    if kwargs.get("min_value") == kwargs.get("max_value"):
        return f"{kwargs['min_value']:g}"
    words = {"min_value": "at least", "max_value": "at most", "value_set": "one of"}
    return " and ".join(f"{word} {kwargs[name]:g}" for name, word in words.items() if kwargs.get(name) is not None)


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
