-- A plan item stands as it was known on the day, unless another goal counts in its place.
with days as (

    select * from {{ ref('int_account_days_listed') }}

),

displaced as (

    select * from {{ ref('int_plan_items_displaced') }}

),

plans as (

    select
        versions.*,
        {{ plan_attainment('versions') }} as attainment_rate
    from {{ ref('int_success_plan_versions') }} as versions

),

final as (

    select
        days.account_id,
        days.date_day,
        {{ ratio('sum(plans.attainment_rate)', 'count(plans.attainment_rate)', 18, 6) }} as attainment_rate,
        min(plans.agreed_date) as first_agreed_date,
        bool_or(coalesce(plans.is_first_success, false)) as has_first_success,
        min(plans.due_date) filter (where plans.is_first_success) as first_success_due_date
    from days
    inner join plans on days.account_id = plans.account_id and {{ in_force('plans', 'days.date_day') }}
    where
        not exists (
            select 1 from displaced
            where
                displaced.source_name = plans.source_name
                and displaced.plan_item_id = plans.plan_item_id
                and {{ in_force('displaced', 'days.date_day') }}
        )
    group by days.account_id, days.date_day

)

select * from final
