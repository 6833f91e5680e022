{{ config(materialized='incremental', meta={'range_column': 'reached_date'}) }}

-- What happened before the warehouse's first day counts from that day, so that every row lies on a day that is built.
with usage_events as (

    select * from {{ ref('int_usage_events_identified') }}

),

engagements as (

    select * from {{ ref('int_engagements_identified') }}

),

events as (

    select
        usage_events.account_id,
        'first_change' as step_id,
        greatest(usage_events.event_date, usage_events.known_date, {{ history_start_date() }}) as reached_date
    from usage_events
    where usage_events.record_change_count > 0 and {{ is_read_in_run('usage_events', 'event_at') }}
    union all
    select
        engagements.account_id,
        'training_completed' as step_id,
        greatest(engagements.event_date, engagements.known_date, {{ history_start_date() }}) as reached_date
    from engagements
    where
        engagements.engagement_kind = 'training_completed'
        and {{ is_read_in_run('engagements', 'engaged_at') }}

),

told as (

    select
        events.account_id,
        events.step_id,
        min(events.reached_date) as reached_date
    from events
    where events.account_id is not null
    group by events.account_id, events.step_id

),

final as (

    select
        told.account_id,
        told.step_id,
        told.reached_date
    from told
    where {{ is_not_found_before('told', ['account_id', 'step_id'], 'reached_date') }}

)

select * from final
