-- An agreement counts from the day on which it is known and made, for as long as a version of it says so.
with plans as (

    select * from {{ ref('int_success_plan_versions') }}

),

agreed as (

    select
        plans.account_id,
        plans.plan_item_id,
        plans.due_date,
        greatest(plans.valid_from_date, plans.agreed_date) as valid_from_date,
        plans.valid_to_date
    from plans
    where plans.is_first_success and plans.account_id is not null

),

final as (

    select
        agreed.account_id,
        agreed.plan_item_id,
        row_number() over (
            partition by agreed.account_id order by agreed.valid_from_date, agreed.due_date, agreed.plan_item_id
        ) = 1 as is_first,
        agreed.due_date,
        agreed.valid_from_date,
        agreed.valid_to_date
    from agreed
    where agreed.valid_to_date is null or agreed.valid_from_date < agreed.valid_to_date

)

select * from final
