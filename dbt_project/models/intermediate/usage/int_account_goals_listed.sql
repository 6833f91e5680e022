with days as (

    select * from {{ ref('int_account_days_listed') }}

),

plan_items as (

    select * from {{ ref('int_success_plan_versions') }}

),

goals as (

    {{ seed_versions('goal_types', ['goal_id']) }}

),

final as (

    select distinct
        days.account_id,
        days.date_day,
        goals.goal_id,
        goals.feature_ids
    from days
    inner join plan_items
        on days.account_id = plan_items.account_id and {{ in_force('plan_items', 'days.date_day') }}
    inner join goals on plan_items.goal_id = goals.goal_id and {{ in_force('goals', 'days.date_day') }}

)

select * from final
