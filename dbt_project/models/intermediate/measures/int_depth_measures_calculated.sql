with usage_windows as (

    select * from {{ ref('int_usage_windows_counted') }}

),

core_features as (

    select * from {{ ref('int_core_features_offered') }}

),

final as (

    select
        usage_windows.account_id,
        usage_windows.date_day,
        {{ ratio('usage_windows.core_feature_count_28d', 'core_features.core_feature_count', 18, 6) }}
            as core_feature_rate_28d,
        {{ ratio('usage_windows.record_change_count_28d', 'usage_windows.active_user_count_28d', 18, 6) }}
            as record_changes_per_active_user_28d
    from usage_windows
    inner join core_features on usage_windows.date_day = core_features.date_day

)

select * from final
