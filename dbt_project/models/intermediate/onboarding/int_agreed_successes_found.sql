-- A first success that was agreed counts from the day on which it became known to be reached, and stays.
with plans as (

    select * from {{ ref('int_success_plan_versions') }}

),

final as (

    select
        plans.account_id,
        min(greatest(plans.valid_from_date, plans.reached_date)) as success_date
    from plans
    where
        plans.is_first_success
        and plans.reached_date <= {{ as_of_date() }}
        and plans.valid_from_date <= {{ as_of_date() }}
        and plans.account_id is not null
    group by plans.account_id

)

select * from final
