"""Jobs, the schedule, and the sensors that tell how a scheduled run ended."""

import dagster as dg

from dagster_project.days import missing_days, range_tags
from dagster_project.run_history import close_run
from dagster_project.settings import Settings

REFRESH_JOB_NAME = "refresh_warehouse"
SCHEDULE_NAME = "refresh_every_morning"


def build_automation(settings: Settings) -> dg.Definitions:
    """The job that refreshes everything, in one process because one file takes one writer; when it runs, and what
    follows a run."""
    job = dg.define_asset_job(
        REFRESH_JOB_NAME,
        selection=dg.AssetSelection.all(),
        executor_def=dg.in_process_executor,
        description="Pull every source, build the days asked, check them, publish.",
    )

    @dg.schedule(
        name=SCHEDULE_NAME,
        job_name=REFRESH_JOB_NAME,
        cron_schedule="0 4 * * *",
        execution_timezone=settings.calendar.business_timezone,
        description="All business days that have ended and are not built, every morning at four: one run, however long "
        "the machine was down.",
    )
    def refresh_every_morning(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        first, last = missing_days(settings)
        return dg.RunRequest(run_key=f"{context.scheduled_execution_time:%Y-%m-%d}", tags=range_tags(first, last))

    @dg.run_failure_sensor(
        name="after_failure",
        monitored_jobs=[job],
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Keeps the run's history and what it had built, and tells people.",
    )
    def after_failure(context: dg.RunFailureSensorContext) -> None:
        close_run(settings, context.instance, context.dagster_run.run_id, is_success=False)

    @dg.run_status_sensor(
        name="after_success",
        run_status=dg.DagsterRunStatus.SUCCESS,
        monitored_jobs=[job],
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Keeps the run's history, and tells people where something is held, late or adrift.",
    )
    def after_success(context: dg.RunStatusSensorContext) -> None:
        close_run(settings, context.instance, context.dagster_run.run_id, is_success=True)

    return dg.Definitions(jobs=[job], schedules=[refresh_every_morning], sensors=[after_failure, after_success])
