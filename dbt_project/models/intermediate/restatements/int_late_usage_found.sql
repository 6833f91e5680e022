{{ config(materialized='incremental', meta={'range_column': 'known_date'}) }}

with events as (

    select * from {{ ref('int_usage_events_identified') }}

),

final as (

    select
        events.source_name,
        events.account_id,
        events.event_date as affected_date,
        events.known_date,
        count(*) as late_row_count
    from events
    where
        -- The bound on the timestamp lets an engine skip blocks that came before the run; the business date decides.
        events.known_at >= {{ days_before(from_date(), 1) }}
        and {{ in_run('events.known_date') }}
        and events.event_date < events.known_date
    group by events.source_name, events.account_id, events.event_date, events.known_date

)

select * from final
