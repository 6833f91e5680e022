with days as (

    select * from {{ ref('int_account_days_listed') }}

),

active_users as (

    {{ distinct_in_window(ref('int_usage_recent_facts'), 'user_id', 28, 'active_user_count') }}

),

active_days as (

    {{ distinct_in_window(ref('int_usage_recent_facts'), 'event_date', 28, 'active_day_count') }}

),

core_features as (

    {{ distinct_in_window(ref('int_core_feature_facts'), 'feature_id', 28, 'core_feature_count') }}

),

active_seconds as (

    {{ sum_in_window(ref('int_usage_recent_facts'), 'active_seconds', 7, 'active_seconds') }}

),

record_changes as (

    {{ sum_in_window(ref('int_usage_recent_facts'), 'record_change_count', 28, 'record_change_count') }}

),

final as (

    select
        days.account_id,
        days.date_day,
        coalesce(active_users.active_user_count, 0) as active_user_count_28d,
        coalesce(active_days.active_day_count, 0) as active_day_count_28d,
        coalesce(core_features.core_feature_count, 0) as core_feature_count_28d,
        coalesce(active_seconds.active_seconds, 0) as active_seconds_7d,
        coalesce(record_changes.record_change_count, 0) as record_change_count_28d
    from days
    left join active_users on days.account_id = active_users.account_id and days.date_day = active_users.date_day
    left join active_days on days.account_id = active_days.account_id and days.date_day = active_days.date_day
    left join core_features on days.account_id = core_features.account_id and days.date_day = core_features.date_day
    left join active_seconds on days.account_id = active_seconds.account_id and days.date_day = active_seconds.date_day
    left join record_changes on days.account_id = record_changes.account_id and days.date_day = record_changes.date_day

)

select * from final
