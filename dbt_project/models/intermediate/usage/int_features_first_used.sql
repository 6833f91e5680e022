{{ config(materialized='incremental', meta={'range_column': 'first_used_date'}) }}

-- What was used before the warehouse's first day counts from that day, so that every row lies on a day that is built.
with events as (

    select * from {{ ref('int_usage_events_identified') }}

),

told as (

    select
        events.account_id,
        events.feature_id,
        min(greatest(events.event_date, events.known_date, {{ history_start_date() }})) as first_used_date
    from events
    where events.account_id is not null and {{ is_read_in_run('events', 'event_at') }}
    group by events.account_id, events.feature_id

),

final as (

    select
        told.account_id,
        told.feature_id,
        told.first_used_date
    from told
    where {{ is_not_found_before('told', ['account_id', 'feature_id'], 'first_used_date') }}

)

select * from final
