-- Only the days that a window of the run can reach, so that the cost of a day does not grow with history.
with events as (

    select * from {{ ref('int_usage_events_identified') }}

),

features as (

    select * from {{ ref('int_feature_versions') }}

),

users as (

    select * from {{ ref('int_user_versions') }}

),

summed as (

    select
        events.account_id,
        events.user_id,
        events.feature_id,
        events.event_date,
        events.known_date,
        sum(coalesce(events.event_count, 1)) as use_count,
        sum(case when events.device_kind is not null then coalesce(events.event_count, 1) else 0 end)
            as device_use_count,
        sum(case when events.device_kind = 'mobile' then coalesce(events.event_count, 1) else 0 end)
            as mobile_use_count,
        sum(events.record_change_count) as record_change_count
    from events
    where
        events.event_at >= {{ days_before(from_date(), var('usage_lookback_days') + 1) }}
        and events.event_at < {{ days_after(to_date(), 2) }}
        and events.event_date between {{ days_before(from_date(), var('usage_lookback_days')) }} and {{ to_date() }}
        and events.known_date <= {{ to_date() }}
    group by events.account_id, events.user_id, events.feature_id, events.event_date, events.known_date

),

-- Two sources may tell of one feature or user: a single row of each, or use would count twice.
feature_days as (

    select
        told.feature_id,
        told.known_date,
        max(features.use_kind) as use_kind
    from (
        select distinct
            summed.feature_id,
            summed.known_date
        from summed
    ) as told
    inner join features
        on told.feature_id = features.feature_id and {{ in_force('features', 'told.known_date') }}
    group by told.feature_id, told.known_date

),

user_days as (

    select
        told.user_id,
        told.known_date,
        max(users.department) as department
    from (
        select distinct
            summed.user_id,
            summed.known_date
        from summed
    ) as told
    inner join users on told.user_id = users.user_id and {{ in_force('users', 'told.known_date') }}
    group by told.user_id, told.known_date

),

final as (

    select
        summed.account_id,
        summed.user_id,
        summed.feature_id,
        user_days.department,
        feature_days.use_kind,
        summed.event_date,
        summed.known_date,
        summed.use_count,
        summed.device_use_count,
        summed.mobile_use_count,
        summed.record_change_count
    from summed
    left join feature_days
        on summed.feature_id = feature_days.feature_id and summed.known_date = feature_days.known_date
    left join user_days on summed.user_id = user_days.user_id and summed.known_date = user_days.known_date

)

select * from final
