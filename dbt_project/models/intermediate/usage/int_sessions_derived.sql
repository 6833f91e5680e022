{{ config(materialized='view') }}

-- Sessions as a source tells them; where a source tells none, its events are cut wherever a user pauses for longer than
-- the session gap. A session never crosses a business day, so that days can be built one by one.
with told as (

    {{ identified_rows('sessions', ['account', 'user']) }}

),

events as (

    select usage_events.*
    from {{ ref('int_usage_events_identified') }} as usage_events
    where usage_events.source_name not in (select sessions.source_name from {{ ref('input_sessions') }} as sessions)

),

timed as (

    select
        events.source_name,
        events.account_id,
        events.user_id,
        events.event_date,
        events.known_date,
        events.event_at,
        events.active_seconds,
        case
            when {{ seconds_between('lag(events.event_at) over one_day', 'events.event_at') }} <= {{ var('session_gap_minutes') * 60 }}  -- noqa: LT05
                then 0
            else 1
        end as is_start
    from events
    window one_day as (
        partition by events.event_date, events.source_name, events.account_id, events.user_id
        order by events.event_at, events.event_key
    )

),

numbered as (

    select
        timed.*,
        sum(timed.is_start) over (
            partition by timed.event_date, timed.source_name, timed.account_id, timed.user_id
            order by timed.event_at rows between unbounded preceding and current row
        ) as session_number
    from timed

),

derived as (

    select
        numbered.source_name,
        numbered.account_id,
        numbered.user_id,
        numbered.event_date as session_date,
        max(numbered.known_date) as known_date,
        min(numbered.event_at) as started_at,
        {{ ratio(seconds_between('min(numbered.event_at)', 'max(numbered.event_at)')
                 ~ ' + coalesce(min(numbered.active_seconds), 0)', '60', 18, 2) }} as session_minutes
    from numbered
    group by
        numbered.source_name, numbered.account_id, numbered.user_id, numbered.event_date, numbered.session_number

),

final as (

    select
        told.source_name,
        told.account_id,
        told.user_id,
        told.event_date as session_date,
        told.known_date,
        told.started_at,
        {{ ratio('told.session_seconds', '60', 18, 2) }} as session_minutes,
        false as is_derived
    from told
    union all
    select
        derived.source_name,
        derived.account_id,
        derived.user_id,
        derived.session_date,
        derived.known_date,
        derived.started_at,
        derived.session_minutes,
        true as is_derived
    from derived

)

select * from final
