{{ config(materialized='incremental', meta={'range_column': 'usage_date'}) }}

with events as (

    select * from {{ ref('int_usage_events_identified') }}

),

summed as (

    select
        events.event_date as usage_date,
        events.account_id,
        {{ hashed_person_id('events.user_id') }} as user_id,
        events.feature_id,
        cast(sum(coalesce(events.event_count, 1)) as bigint) as event_count,
        cast(sum(events.active_seconds) as numeric(18, 2)) as active_seconds,
        cast(sum(events.record_change_count) as bigint) as record_change_count,
        count(*) as source_row_count
    from events
    where
        -- The bounds on the timestamp let an engine skip other days' blocks; the business date decides.
        events.event_at >= {{ days_before(from_date(), 1) }}
        and events.event_at < {{ days_after(to_date(), 2) }}
        and {{ in_run('events.event_date') }}
    group by events.event_date, events.account_id, events.user_id, events.feature_id

),

final as (

    select
        {{ surrogate_key(['summed.usage_date', 'summed.account_id', 'summed.user_id', 'summed.feature_id']) }}
            as usage_daily_key,
        summed.usage_date,
        summed.account_id,
        summed.user_id,
        summed.feature_id,
        summed.event_count,
        {{ ratio('summed.active_seconds', '60', 18, 4) }} as active_minutes,
        summed.record_change_count,
        summed.source_row_count
    from summed

)

select
    final.usage_daily_key,
    final.usage_date,
    final.account_id,
    final.user_id,
    final.feature_id,
    final.event_count,
    final.active_minutes,
    final.record_change_count,
    final.source_row_count
from final
