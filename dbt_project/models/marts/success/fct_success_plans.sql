with items as (

    select * from {{ ref('int_success_plans_current') }}

),

contracts as (

    select * from {{ ref('int_contracts_current') }}

),

goals as (

    {{ seed_versions('goal_types', ['goal_id']) }}

),

live_accounts as (

    select distinct contracts.account_id
    from contracts
    where contracts.is_customer and {{ is_live_on('contracts', as_of_date()) }}

),

-- An account without a plan is a row as well: nobody has agreed with it what success is.
listed as (

    select
        coalesce(items.account_id, live_accounts.account_id) as listed_account_id,
        items.*,
        items.plan_item_id is not null as has_plan
    from items
    full outer join live_accounts on items.account_id = live_accounts.account_id

)

select
    listed.listed_account_id as account_id,
    listed.source_name,
    listed.plan_item_id,
    listed.parent_item_id,
    listed.item_level,
    listed.goal_id,
    goals.name_english as goal_name_english,
    goals.name_japanese as goal_name_japanese,
    listed.kpi_name,
    listed.status,
    listed.has_plan,
    listed.is_first_success,
    listed.is_primary,
    listed.is_counted,
    listed.target_value,
    listed.actual_value,
    listed.attainment_rate,
    listed.step_count,
    listed.reached_step_count,
    listed.agreed_date,
    listed.due_date,
    listed.reached_date,
    {{ as_of_date() }} as as_of_date
from listed
left join goals on listed.goal_id = goals.goal_id and {{ in_force('goals', as_of_date()) }}
