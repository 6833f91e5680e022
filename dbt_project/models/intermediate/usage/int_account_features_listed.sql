with days as (

    select * from {{ ref('int_account_days_listed') }}

),

features as (

    select * from {{ ref('int_feature_versions') }}

),

goals as (

    select * from {{ ref('int_account_goals_listed') }}

),

entitled as (

    select * from {{ ref('int_entitled_features_listed') }}

),

used as (

    select * from {{ ref('int_features_used') }}

),

-- Two sources may tell of one feature.
offered as (

    select
        spine.date_day,
        features.feature_id,
        max(features.feature_kind) as feature_kind,
        max(features.process_name) as process_name,
        max(features.ladder_rung) as ladder_rung
    from ({{ days_between(from_date(), to_date()) }}) as spine
    inner join features on {{ in_force('features', 'spine.date_day') }}
    group by spine.date_day, features.feature_id

),

-- An account without a known goal has no row with one: every feature serves it.
aimed as (

    select
        days.account_id,
        offered.date_day,
        offered.feature_id,
        offered.feature_kind,
        offered.process_name,
        offered.ladder_rung,
        bool_or(
            goals.goal_id is null
            or position(concat(' ', offered.feature_id, ' ') in concat(' ', goals.feature_ids, ' ')) > 0
        ) as is_in_goal
    from days
    inner join offered on days.date_day = offered.date_day
    left join goals on days.account_id = goals.account_id and days.date_day = goals.date_day
    group by
        days.account_id, offered.date_day, offered.feature_id, offered.feature_kind, offered.process_name,
        offered.ladder_rung

),

final as (

    select
        aimed.*,
        entitled.feature_id is not null as is_entitled,
        used.feature_id is not null as is_used_28d
    from aimed
    left join entitled
        on
            aimed.account_id = entitled.account_id
            and aimed.date_day = entitled.date_day
            and aimed.feature_id = entitled.feature_id
    left join used
        on
            aimed.account_id = used.account_id
            and aimed.date_day = used.date_day
            and aimed.feature_id = used.feature_id

)

select * from final
