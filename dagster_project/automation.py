"""Jobs and schedules."""

import dagster as dg

REFRESH_JOB_NAME = "refresh_warehouse"


def build_automation() -> dg.Definitions:
    """The job that refreshes everything, in one process because one file takes one writer, and its schedule."""
    job = dg.define_asset_job(
        REFRESH_JOB_NAME,
        selection=dg.AssetSelection.all(),
        executor_def=dg.in_process_executor,
        description="Pull every source, build the days asked, check them, publish.",
    )
    schedule = dg.build_schedule_from_partitioned_job(
        job,
        name="refresh_every_morning",
        hour_of_day=4,
        description="The business day that has ended, every morning at four.",
    )
    return dg.Definitions(jobs=[job], schedules=[schedule])
