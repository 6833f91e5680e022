-- Sessions as a source tells them; where a source tells none, its events are cut wherever a user pauses for longer than
-- the session gap. A session never crosses a business day, so that days can be built one by one. What becomes known of
-- a user's day later makes new versions of its sessions: a past day goes on with what was known at its end.
with told as (

    {{ identified_rows('sessions', ['account', 'user']) }}

),

events as (

    select
        usage_events.*,
        coalesce(usage_events.user_id, '') as session_user_id
    from {{ ref('int_usage_events_identified') }} as usage_events
    where
        usage_events.event_at >= {{ days_before(from_date(), var('usage_lookback_days') + 1) }}
        and usage_events.event_at < {{ days_after(to_date(), 2) }}
        and usage_events.event_date >= {{ days_before(from_date(), var('usage_lookback_days')) }}
        and usage_events.event_date <= {{ to_date() }}
        and usage_events.known_date <= {{ to_date() }}
        and usage_events.account_id is not null
        and usage_events.source_name not in (select sessions.source_name from {{ ref('input_sessions') }} as sessions)

),

user_days as (

    select
        events.source_name,
        events.account_id,
        events.session_user_id,
        events.event_date,
        events.known_date,
        lead(events.known_date) over (
            partition by events.event_date, events.source_name, events.account_id, events.session_user_id
            order by events.known_date
        ) as valid_to_date
    from events
    group by
        events.source_name, events.account_id, events.session_user_id, events.event_date, events.known_date

),

timed as (

    select
        user_days.*,
        events.event_at,
        events.active_seconds,
        case
            when {{ seconds_between('lag(events.event_at) over one_day', 'events.event_at') }} <= {{ var('session_gap_minutes') * 60 }}  -- noqa: LT05
                then 0
            else 1
        end as is_start
    from user_days
    inner join events
        on
            user_days.source_name = events.source_name
            and user_days.account_id = events.account_id
            and user_days.session_user_id = events.session_user_id
            and user_days.event_date = events.event_date
            and user_days.known_date >= events.known_date
    window one_day as (
        partition by
            user_days.event_date, user_days.known_date, user_days.source_name, user_days.account_id,
            user_days.session_user_id
        order by events.event_at, events.event_key
    )

),

numbered as (

    select
        timed.*,
        sum(timed.is_start) over (
            partition by timed.event_date, timed.known_date, timed.source_name, timed.account_id, timed.session_user_id
            order by timed.event_at rows between unbounded preceding and current row
        ) as session_number
    from timed

),

final as (

    select
        told.source_name,
        told.account_id,
        told.user_id,
        told.event_date as session_date,
        told.started_at,
        {{ ratio('told.session_seconds', '60', 18, 2) }} as session_minutes,
        false as is_derived,
        told.known_date as valid_from_date,
        cast(null as date) as valid_to_date
    from told
    where
        {{ days_before(from_date(), var('usage_lookback_days')) }} <= told.event_date
        and greatest(told.event_date, told.known_date) <= {{ to_date() }}
    union all
    select
        numbered.source_name,
        numbered.account_id,
        nullif(numbered.session_user_id, '') as user_id,
        numbered.event_date as session_date,
        min(numbered.event_at) as started_at,
        {{ ratio(seconds_between('min(numbered.event_at)', 'max(numbered.event_at)')
                 ~ ' + coalesce(min(numbered.active_seconds), 0)', '60', 18, 2) }} as session_minutes,
        true as is_derived,
        numbered.known_date as valid_from_date,
        numbered.valid_to_date
    from numbered
    group by
        numbered.source_name, numbered.account_id, numbered.session_user_id, numbered.event_date,
        numbered.known_date, numbered.valid_to_date, numbered.session_number

)

select * from final
