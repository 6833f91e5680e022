{{ config(materialized='incremental', meta={'range_column': 'date_day'}) }}

with final as (

    select * from {{ ref('int_ladder_days_climbed') }}

)

select
    final.account_id,
    final.date_day,
    final.ladder_rung,
    final.highest_rung_used,
    final.top_rung,
    final.skipped_rungs,
    final.skipped_rung_count,
    final.rung_since_date
from final
