"""The guard before raw: a landed batch that breaks its contract, or is sharply smaller than before, is held.

A batch is judged where it landed, so that raw, which is append-only, never takes what would have to leave it again. A
few bad rows are rejected, each with its reason; with many the batch is held.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from dagster_project.checks.expectations import Subject, Suite, SuiteResult, read_suites, validate
from dagster_project.settings import GuardSettings, Settings
from dagster_project.sources.file_mapping import text_literal
from dagster_project.sources.landing import LandedBatch, LandedFile
from dagster_project.warehouse.interface import Warehouse
from dagster_project.warehouse.memory import memory_limit
from dagster_project.warehouse.session import fetched_dictionaries

# A new file is held against as many of its series as a week has days, so that weekends are among them.
FILES_COMPARED = 7
FEWEST_FILES_COMPARED = 3
# One or two bad rows say nothing about the share of bad rows.
REJECTIONS_JUDGED_FROM = 10


@dataclass(frozen=True)
class FormerFile:
    """A file as raw took it before; `is_of_first_load` for those with which a table began."""

    path: str
    row_count: int
    is_of_first_load: bool


@dataclass(frozen=True)
class BatchJudgement:
    """Why a batch is to be held; without faults it may be loaded, once its bad rows are rejected."""

    faults: tuple[str, ...]
    bad_rows: dict[str, str]
    """Unmet expectation to the SQL condition of the rows that do not meet it."""
    result: SuiteResult


def judge_batches(
    settings: Settings,
    warehouse: Warehouse,
    batches: Sequence[LandedBatch],
    dates: dict[str, str],
    confirmed: Collection[str],
) -> dict[str, BatchJudgement]:
    """Judgement by load id.

    `confirmed` names tables (`<source>.<entity>`) whose smaller fetch somebody has looked at and takes as it is.
    """
    suites = {suite.table: suite for suite in read_suites("raw")}
    subjects = [
        Subject(
            batch.load_id,
            suites[f"raw.{batch.entity}"],
            f"read_parquet({text_literal(str(batch.rows_path))})",
            rows_expected=False,
        )
        for batch in batches
    ]
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"set memory_limit = {text_literal(memory_limit())}")
        results = validate(lambda query: fetched_dictionaries(connection.execute(query)), subjects, dates)
    judged = {}
    for batch, subject in zip(batches, subjects, strict=True):
        too_small: list[str] = []
        if f"{batch.source_name}.{batch.entity}" not in confirmed:
            former, share = former_files(warehouse, batch), _smallest_share(settings, batch)
            too_small = volume_faults(
                () if batch.is_partial else batch.files, former, share, settings.guards.volume_judged_from_rows
            )
            too_small += removal_faults(batch, share, settings.guards.volume_judged_from_rows)
        result = results[batch.load_id]
        judged[batch.load_id] = _judgement(
            settings.guards, batch, subject.suite, result, dates=dates, too_small=too_small
        )
    return judged


def _judgement(
    guards: GuardSettings,
    batch: LandedBatch,
    suite: Suite,
    result: SuiteResult,
    *,
    dates: dict[str, str],
    too_small: Sequence[str],
) -> BatchJudgement:
    unmet = [figure for figure in result.failures if figure.counts_bad_rows]
    faults = [str(figure) for figure in result.failures if not figure.counts_bad_rows]
    if too_many := rejection_fault(batch, sum(figure.value for figure in unmet), guards):
        faults += [*(str(figure) for figure in unmet), too_many]
    return BatchJudgement(
        faults=(*faults, *too_small),
        bad_rows={figure.name: suite.bad_rows[figure.name].format(**dates) for figure in unmet},
        result=result,
    )


def raw_suite(entity: str) -> Suite:
    """The suite of an entity, whoever delivers it."""
    return {suite.table: suite for suite in read_suites("raw")}[f"raw.{entity}"]


def rejection_fault(batch: LandedBatch, bad_row_count: int, guards: GuardSettings) -> str | None:
    """A batch with too many bad rows is of another form than the contract's; one with a few has slips."""
    judged = batch.rows_read - batch.rows_filtered
    rejected = min(batch.rows_rejected + bad_row_count, judged)
    is_too_much = rejected >= REJECTIONS_JUDGED_FROM and rejected > guards.largest_rejected_share * judged
    if not rejected or (rejected < judged and not is_too_much):
        return None
    return (
        f"{rejected} of {judged} rows are rejected, and guards.largest_rejected_share takes "
        f"{guards.largest_rejected_share:.0%}; {batch.rejected_path} has those that could not be typed"
    )


def volume_faults(
    files: Sequence[LandedFile], former: Sequence[FormerFile], smallest_share: float, judged_from_rows: int
) -> list[str]:
    """Files that are sharply smaller than they were, or than the smallest of the last ones of their series."""
    faults = []
    for file in files:
        reference = _reference(file, former)
        if reference is None or reference.row_count < judged_from_rows:
            continue
        if file.row_count < smallest_share * reference.row_count:
            faults.append(
                f"{file.path} has {file.row_count} rows, sharply fewer than the {reference.row_count} of "
                f"{'its last delivery' if reference.path == file.path else reference.path}"
            )
    return faults


def removal_faults(batch: LandedBatch, smallest_share: float, judged_from_rows: int) -> list[str]:
    """So many records gone at once that the list of those which are there may be cut off."""
    left = batch.rows_held - batch.rows_removed
    if batch.rows_held < judged_from_rows or left >= smallest_share * batch.rows_held:
        return []
    return [
        f"{batch.source_name} says that {batch.rows_removed} of {batch.rows_held} records are gone, sharply more than "
        f"guards.smallest_share_of_last_fetch allows"
    ]


def former_files(warehouse: Warehouse, batch: LandedBatch) -> list[FormerFile]:
    """The files of a table that raw took, the newest last."""
    found: list[dict[str, Any]] = warehouse.rows(
        f"select file_path, row_count, load_number = min(load_number) over () as is_of_first_load from raw.batch_files "
        f"where source_name = {text_literal(batch.source_name)} and entity = {text_literal(batch.entity)} "
        f"order by load_number, file_path"
    )
    return [FormerFile(row["file_path"], row["row_count"] or 0, row["is_of_first_load"]) for row in found]


def _reference(file: LandedFile, former: Sequence[FormerFile]) -> FormerFile | None:
    earlier: Mapping[str, FormerFile] = {known.path: known for known in former}
    if file.path in earlier:
        return earlier[file.path]
    series = [known for known in former if not known.is_of_first_load][-FILES_COMPARED:]
    return min(series, key=lambda known: known.row_count) if len(series) >= FEWEST_FILES_COMPARED else None


def _smallest_share(settings: Settings, batch: LandedBatch) -> float:
    told = settings.sources[batch.source_name].tables[batch.entity].smallest_share_of_last_fetch
    return settings.guards.smallest_share_of_last_fetch if told is None else told
