with days as (

    select * from {{ ref('int_account_days_listed') }}

),

counted as (

    {{ figures_in_window(ref('int_usage_recent_facts'), {
        'active_user_count_28d': {'distinct': 'facts.user_id', 'days': 28},
        'active_day_count_28d': {'distinct': 'facts.event_date', 'days': 28},
        'active_seconds_7d': {'sum': 'facts.active_seconds', 'days': 7},
        'record_change_count_28d': {'sum': 'facts.record_change_count', 'days': 28},
    }) }}

),

core_features as (

    {{ figures_in_window(ref('int_core_feature_facts'), {
        'core_feature_count_28d': {'distinct': 'facts.feature_id', 'days': 28},
    }) }}

),

final as (

    select
        days.account_id,
        days.date_day,
        coalesce(counted.active_user_count_28d, 0) as active_user_count_28d,
        coalesce(counted.active_day_count_28d, 0) as active_day_count_28d,
        coalesce(core_features.core_feature_count_28d, 0) as core_feature_count_28d,
        coalesce(counted.active_seconds_7d, 0) as active_seconds_7d,
        coalesce(counted.record_change_count_28d, 0) as record_change_count_28d
    from days
    left join counted on days.account_id = counted.account_id and days.date_day = counted.date_day
    left join core_features on days.account_id = core_features.account_id and days.date_day = core_features.date_day

)

select * from final
