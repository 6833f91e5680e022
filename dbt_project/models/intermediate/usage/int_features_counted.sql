with days as (

    select * from {{ ref('int_account_days_listed') }}

),

features as (

    select * from {{ ref('int_account_features_listed') }}

),

ladder as (

    select * from {{ ref('int_ladder_days_climbed') }}

),

final as (

    select
        days.account_id,
        days.date_day,
        count(*) filter (where features.feature_kind = 'core') as core_feature_count,
        count(*) filter (where features.feature_kind = 'core' and features.is_in_goal) as core_goal_feature_count,
        count(*) filter (where features.feature_kind = 'core' and features.is_in_goal and features.is_used_28d)
            as core_goal_feature_used_count,
        count(*) filter (where features.feature_kind = 'advanced') as advanced_feature_count,
        count(*) filter (where features.feature_kind = 'advanced' and features.is_in_goal)
            as advanced_goal_feature_count,
        count(*) filter (where features.feature_kind = 'advanced' and features.is_in_goal and features.is_used_28d)
            as advanced_goal_feature_used_count,
        count(*) filter (where features.is_entitled) as entitled_feature_count,
        count(*) filter (where features.is_entitled and features.is_in_goal) as entitled_goal_feature_count,
        count(*) filter (where features.is_entitled and features.is_in_goal and features.is_used_28d)
            as entitled_goal_feature_used_count,
        count(*) filter (where features.feature_kind = 'integration' and features.is_used_28d)
            as integration_used_count,
        count(*) filter (where features.ladder_rung = ladder.top_rung) as top_rung_feature_count,
        count(*) filter (where features.ladder_rung = ladder.top_rung and features.is_used_28d)
            as top_rung_used_count,
        count(distinct features.process_name) filter (where features.is_used_28d) as process_used_count
    from days
    left join features on days.account_id = features.account_id and days.date_day = features.date_day
    left join ladder on days.account_id = ladder.account_id and days.date_day = ladder.date_day
    group by days.account_id, days.date_day

)

select * from final
