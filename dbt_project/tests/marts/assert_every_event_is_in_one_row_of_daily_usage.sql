with events as (

    select * from {{ ref('int_usage_events_identified') }}

),

usage_days as (

    select * from {{ ref('fct_usage_daily') }}

),

events_by_day as (

    select
        events.event_date as usage_date,
        count(*) as event_row_count
    from events
    where {{ in_run('events.event_date') }}
    group by events.event_date

),

usage_by_day as (

    select
        usage_days.usage_date,
        sum(usage_days.source_row_count) as source_row_count
    from usage_days
    where {{ in_run('usage_days.usage_date') }}
    group by usage_days.usage_date

),

final as (

    select
        coalesce(events_by_day.usage_date, usage_by_day.usage_date) as usage_date,
        events_by_day.event_row_count,
        usage_by_day.source_row_count
    from events_by_day
    full outer join usage_by_day on events_by_day.usage_date = usage_by_day.usage_date
    where coalesce(events_by_day.event_row_count, 0) <> coalesce(usage_by_day.source_row_count, 0)

)

select * from final
