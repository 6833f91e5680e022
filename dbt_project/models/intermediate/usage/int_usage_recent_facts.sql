-- Only the days that a window of the run can reach, so that the cost of a day does not grow with history.
with events as (

    select * from {{ ref('int_usage_events_identified') }}

),

final as (

    select
        events.account_id,
        events.user_id,
        events.feature_id,
        events.event_date,
        events.known_date,
        sum(events.active_seconds) as active_seconds,
        sum(events.record_change_count) as record_change_count
    from events
    where
        events.event_at >= {{ days_before(from_date(), var('usage_lookback_days') + 1) }}
        and events.event_at < {{ days_after(to_date(), 2) }}
        and events.event_date between {{ days_before(from_date(), var('usage_lookback_days')) }} and {{ to_date() }}
        and events.known_date <= {{ to_date() }}
    group by events.account_id, events.user_id, events.feature_id, events.event_date, events.known_date

)

select * from final
