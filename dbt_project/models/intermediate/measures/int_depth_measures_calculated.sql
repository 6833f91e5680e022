with usage_windows as (

    select * from {{ ref('int_usage_windows_counted') }}

),

features as (

    select * from {{ ref('int_features_counted') }}

),

ladder as (

    select * from {{ ref('int_ladder_days_climbed') }}

),

final as (

    select
        usage_windows.account_id,
        usage_windows.date_day,
        {{ ratio('features.core_goal_feature_used_count', 'features.core_goal_feature_count', 18, 6) }}
            as core_feature_rate_28d,
        {{ ratio('features.advanced_goal_feature_used_count', 'features.advanced_goal_feature_count', 18, 6) }}
            as advanced_feature_rate_28d,
        {{ ratio('features.entitled_goal_feature_used_count', 'features.entitled_goal_feature_count', 18, 6) }}
            as entitled_feature_rate_28d,
        ladder.ladder_rung,
        case
            when features.top_rung_used_count > 0 then 1
            when features.top_rung_feature_count > 0 then 0
        end as api_integration_live_28d,
        features.integration_used_count as integrations_live_28d,
        {{ ratio('usage_windows.record_change_count_28d', 'usage_windows.active_user_count_28d', 18, 6) }}
            as record_changes_per_active_user_28d,
        usage_windows.automation_use_count_28d as automation_runs_28d,
        usage_windows.analysis_use_count_28d as analysis_views_28d,
        {{ ratio('usage_windows.mobile_use_count_28d', 'usage_windows.device_use_count_28d', 18, 6) }}
            as mobile_share_28d,
        -- Where no feature of the kind is known at all, it is the source that lacks, and not the goal.
        features.core_goal_feature_count > 0 or features.core_feature_count = 0 as has_core_goal_feature,
        features.advanced_goal_feature_count > 0 or features.advanced_feature_count = 0 as has_advanced_goal_feature,
        features.entitled_goal_feature_count > 0 or features.entitled_feature_count = 0 as has_entitled_goal_feature
    from usage_windows
    inner join features
        on usage_windows.account_id = features.account_id and usage_windows.date_day = features.date_day
    left join ladder
        on usage_windows.account_id = ladder.account_id and usage_windows.date_day = ladder.date_day

)

select * from final
