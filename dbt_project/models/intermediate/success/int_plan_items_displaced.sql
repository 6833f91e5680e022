-- Of year goals whose spans overlap, a primary one counts in place of the others; of two primary ones, the one agreed
-- first; until the primary one is due. What serves a goal goes with it.
with items as (

    select * from {{ ref('int_success_plan_versions') }}

),

goals as (

    select
        items.*,
        coalesce(items.due_date, cast('9999-12-31' as date)) as last_date
    from items
    where items.item_level = 'year_goal'

),

displaced_goals as (

    select
        goals.account_id,
        goals.source_name,
        goals.plan_item_id,
        primary_goals.plan_item_id as counted_item_id,
        coalesce(goals.is_primary, false) as is_primary,
        greatest(goals.valid_from_date, primary_goals.valid_from_date) as valid_from_date,
        least(
            goals.valid_to_date, primary_goals.valid_to_date, {{ days_after('primary_goals.due_date', 1) }}
        ) as valid_to_date
    from goals
    inner join goals as primary_goals
        on
            goals.account_id = primary_goals.account_id
            and goals.plan_item_id <> primary_goals.plan_item_id
            and {{ are_in_force_together('goals', 'primary_goals') }}
    where
        primary_goals.is_primary
        and goals.agreed_date <= primary_goals.last_date
        and primary_goals.agreed_date <= goals.last_date
        and (
            not coalesce(goals.is_primary, false)
            or primary_goals.agreed_date < goals.agreed_date
            or (primary_goals.agreed_date = goals.agreed_date and primary_goals.plan_item_id < goals.plan_item_id)
        )

),

displaced_initiatives as (

    {{ items_serving('displaced_goals') }}

),

displaced_tasks as (

    {{ items_serving('displaced_initiatives') }}

),

final as (

    select * from displaced_goals
    union all
    select * from displaced_initiatives
    union all
    select * from displaced_tasks

)

select * from final
