{{ config(materialized='view', meta={'is_run_log': true}) }}

with runs as (

    select * from {{ ref('stg_ledger__runs') }}

)

select
    runs.run_id,
    runs.stage,
    runs.status,
    runs.publish_id,
    runs.message,
    runs.duration_seconds,
    runs.row_count,
    runs.from_date,
    runs.to_date,
    runs.started_at
from runs
