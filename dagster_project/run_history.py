"""What became of each run: its stages with time and rows, kept whether it ended well or not."""

import sys
from datetime import UTC, date, datetime
from typing import Any

import dagster as dg

from dagster_project.checks.gate import outcomes_of_run
from dagster_project.days import days_of_run
from dagster_project.facts import keep_fact
from dagster_project.failed_candidate import keep_failed_candidate
from dagster_project.notifications import RunNotice, notify
from dagster_project.publishing import read_manifest
from dagster_project.settings import Settings
from dagster_project.warehouse import open_warehouse

PUBLISH_STEP = "published__marts"
# Step of the graph to the stage that readers know.
STAGES = {
    "demo__company_files": "demo",
    "raw_tables": "raw",
    "build_models": "models",
    "check_marts": "checks",
    "compute_statistics": "statistics",
    PUBLISH_STEP: "publish",
}
WHOLE_RUN = "run"
SUCCEEDED, FAILED = "succeeded", "failed"


def close_run(settings: Settings, instance: dg.DagsterInstance, run_id: str, *, is_success: bool) -> bool:
    """What is to be done once a run has ended: keep its history, keep what was built where it was refused, tell people.

    Returns whether it published. To be called once for a run: by the command line, or by a sensor.
    """
    warehouse = open_warehouse(settings)
    has_ended_well = is_success and has_published(instance, run_id)
    if warehouse.damage() is None:
        record_run(settings, instance, run_id, is_success=has_ended_well)
        if not has_ended_well and warehouse.exists():
            keep_failed_candidate(settings, warehouse, run_id)
    for fault in notify(settings, notice_of(settings, instance, run_id, is_success=has_ended_well)):
        sys.stderr.write(f"  ! {fault}\n")
    return has_ended_well


def notice_of(settings: Settings, instance: dg.DagsterInstance, run_id: str, *, is_success: bool) -> RunNotice:
    """What people are told of a run: its errors, the checks that were not met, what is held or late."""
    manifest = read_manifest(settings)
    unmet = [outcome for outcome in outcomes_of_run(instance, run_id) if not outcome.passed]
    lines = [f"{'failed' if told.is_blocking else 'warned'}: {told.asset}: {told.check}" for told in unmet]
    if is_success and manifest:
        held = manifest["held_tables"]
        lines += [f"{row['state']}: {row['source_name']}.{row['entity']}: {row['message']}" for row in held]
        title = f"Bansou published {manifest['as_of_date']}" + (", with warnings" if lines else "")
        return RunNotice(run_id, "warning" if lines else "success", title, tuple(lines), manifest["publish_id"])
    lines += [f"{step}: {message}" for step, message in errors_of_run(instance, run_id)]
    stands = f"readers still see {manifest['as_of_date']}" if manifest else "nothing is published yet"
    return RunNotice(
        run_id, "failure", f"Bansou failed; {stands}", tuple(lines), manifest["publish_id"] if manifest else None
    )


def errors_of_run(instance: dg.DagsterInstance, run_id: str) -> list[tuple[str, str]]:
    """Each step that failed, with the first cause of it."""
    found = []
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE):
        event = entry.dagster_event
        error = event.step_failure_data.error if event else None
        while error is not None and error.cause is not None:
            error = error.cause
        if error is not None:
            found.append((str(entry.step_key), error.message.strip()))
    return found


def has_published(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Whether the run came to its end: Dagster calls a run a success although its last step was skipped."""
    return any(_status(stats) == SUCCEEDED for stats in instance.get_run_step_stats(run_id, step_keys=[PUBLISH_STEP]))


def record_run(settings: Settings, instance: dg.DagsterInstance, run_id: str, *, is_success: bool) -> None:
    """Keep a finished run as facts, a row for each stage and one for the whole."""
    warehouse = open_warehouse(settings)
    record = instance.get_run_record_by_id(run_id)
    if record is None or not warehouse.exists():
        return
    from_date, to_date = days_of_run(settings, record.dagster_run.tags)
    steps = {stats.step_key: stats for stats in instance.get_run_step_stats(run_id)}
    started = min((stats.start_time for stats in steps.values() if stats.start_time), default=None)
    ended = max((stats.end_time for stats in steps.values() if stats.end_time), default=None)
    rows = [
        _row(run_id, stage, _status(stats), (from_date, to_date))
        | {"started_at": _moment(stats.start_time), "duration_seconds": _seconds(stats.start_time, stats.end_time)}
        for step, stage in STAGES.items()
        if (stats := steps.get(step))
    ]
    whole = _row(run_id, WHOLE_RUN, SUCCEEDED if is_success else FAILED, (from_date, to_date)) | {
        "started_at": _moment(started),
        "duration_seconds": _seconds(started, ended),
    }
    for row in [*rows, whole]:
        if row["stage"] == "raw" and row["started_at"]:
            row["row_count"] = warehouse.rows(
                f"select coalesce(sum(rows_read), 0) as row_count from raw.batches "
                f"where loaded_at >= timestamp '{row['started_at']}'"
            )[0]["row_count"]
        if row["stage"] in {"publish", WHOLE_RUN} and is_success and (manifest := read_manifest(settings)):
            row |= {"publish_id": manifest["publish_id"], "row_count": sum(manifest["row_counts"].values())}
    keep_fact(settings, warehouse, "runs", [*rows, whole])


def note_interrupted_runs(settings: Settings, instance: dg.DagsterInstance) -> int:
    """Close the runs that were stopped from outside and could say nothing of it; the number of them.

    To be called by who holds the run lock: no other run can be at work.
    """
    open_states = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING]
    stopped = instance.get_runs(dg.RunsFilter(statuses=open_states))
    for run in stopped:
        instance.report_run_failed(run, "The run was stopped from outside.")
        days = days_of_run(settings, run.tags)
        keep_fact(settings, open_warehouse(settings), "runs", [_row(run.run_id, WHOLE_RUN, "interrupted", days)])
    return len(stopped)


def _row(run_id: str, stage: str, status: str, days: tuple[date, date]) -> dict[str, Any]:
    return {"run_id": run_id, "stage": stage, "status": status, "from_date": days[0], "to_date": days[1]}


def _status(stats: Any) -> str:
    return {"SUCCESS": SUCCEEDED, "SKIPPED": "skipped"}.get(stats.status.value if stats.status else "", FAILED)


def _moment(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None) if seconds else None


def _seconds(start: float | None, end: float | None) -> float | None:
    return round(end - start, 3) if start and end else None
