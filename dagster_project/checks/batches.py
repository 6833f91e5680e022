"""The guard before raw: a landed batch that breaks its contract, or is sharply smaller than before, is held.

A batch is judged where it landed, so that raw, which is append-only, never takes what would have to leave it again.
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
from dagster_project.warehouse.sql_warehouse import fetched_dictionaries

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
    """Why a batch is to be held; nothing where it may be loaded."""

    faults: tuple[str, ...]
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
            suites[f"raw.{batch.table_name}"],
            f"read_parquet({text_literal(str(batch.rows_path))})",
            rows_expected=False,
        )
        for batch in batches
    ]
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        results = validate(lambda query: fetched_dictionaries(connection.execute(query)), subjects, dates)
    return {
        batch.load_id: BatchJudgement(
            faults=(
                *(str(figure) for figure in results[batch.load_id].failures),
                *rejection_faults(batch, settings.guards),
                *(
                    []
                    if f"{batch.source_name}.{batch.entity}" in confirmed
                    else volume_faults(
                        batch.files,
                        former_files(warehouse, batch),
                        _smallest_share(settings, batch),
                        settings.guards.volume_judged_from_rows,
                    )
                ),
            ),
            result=results[batch.load_id],
        )
        for batch in batches
    }


def raw_suite(table: str) -> Suite:
    """The suite of a raw table."""
    return {suite.table: suite for suite in read_suites("raw")}[table]


def rejection_faults(batch: LandedBatch, guards: GuardSettings) -> list[str]:
    """A batch with too many rejected rows is a batch of another form than the contract's, not one with slips."""
    judged = batch.rows_read - batch.rows_filtered
    if not batch.rows_rejected or judged <= 0:
        return []
    share = batch.rows_rejected / judged
    is_too_much = batch.rows_rejected >= REJECTIONS_JUDGED_FROM and share > guards.largest_rejected_share
    if not is_too_much and batch.rows_rejected < judged:
        return []
    return [
        f"{batch.rows_rejected} of {judged} rows are rejected (at most {guards.largest_rejected_share:.0%} are taken); "
        f"{batch.rejected_path} has each with its reason"
    ]


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
