-- In dates that hold on every day: by day d an account has succeeded if success_date <= d. What comes first counts.
with targets as (

    select * from {{ ref('int_account_targets_dated') }}

),

items as (

    select * from {{ ref('int_first_success_items_dated') }}

),

by_plan as (

    select * from {{ ref('int_agreed_successes_found') }}

),

by_rung as (

    select * from {{ ref('int_default_successes_found') }}

),

columns_fed as (

    select * from {{ ref('int_columns_fed') }}

),

rungs as (

    select * from {{ ref('int_ladder_rungs_listed') }}

),

agreements as (

    select
        items.account_id,
        min(items.valid_from_date) as agreed_date,
        max(case when items.is_first then items.due_date end) as agreed_due_date,
        bool_or({{ in_force('items', as_of_date()) }}) as is_agreed
    from items
    group by items.account_id

),

-- Without a source nobody could tell whether a success was reached.
seen as (

    select
        (select bool_or(columns_fed.input_column = 'success_plans.reached_date') from columns_fed) as sees_plans,
        (select count(*) from rungs) > 0 as sees_rungs

),

final as (

    select
        targets.account_id,
        case
            when by_rung.success_date < coalesce(by_plan.success_date, cast('9999-12-31' as date)) then 'default_rung'
            when by_plan.success_date is not null then 'agreed'
            when agreements.is_agreed and seen.sees_plans then 'agreed'
            when not coalesce(agreements.is_agreed, false) and seen.sees_rungs then 'default_rung'
        end as success_kind,
        targets.first_contract_date,
        agreements.agreed_date,
        agreements.agreed_due_date,
        targets.deadline_date,
        least(by_plan.success_date, by_rung.success_date) as success_date
    from targets
    cross join seen
    left join agreements on targets.account_id = agreements.account_id
    left join by_plan on targets.account_id = by_plan.account_id
    left join by_rung on targets.account_id = by_rung.account_id

)

select * from final
