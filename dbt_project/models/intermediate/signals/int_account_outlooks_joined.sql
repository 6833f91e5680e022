-- What lies ahead of an account on the newest day: its next renewal, its plan and its rung of the ladder.
with days as (

    select * from {{ ref('int_account_days_listed') }}

),

renewals as (

    select
        next_renewals.account_id,
        next_renewals.date_day,
        min(next_renewals.end_date) as next_renewal_date,
        min(next_renewals.days_to_end) as days_to_renewal
    from {{ ref('int_next_renewals_found') }} as next_renewals
    group by next_renewals.account_id, next_renewals.date_day

),

plans as (

    select * from {{ ref('int_plan_progress_found') }}

),

rungs as (

    select * from {{ ref('int_ladder_days_climbed') }}

),

final as (

    select
        days.account_id,
        plans.account_id is not null as has_success_plan,
        plans.attainment_rate,
        rungs.ladder_rung,
        renewals.next_renewal_date,
        renewals.days_to_renewal
    from days
    left join renewals on days.account_id = renewals.account_id and days.date_day = renewals.date_day
    left join plans on days.account_id = plans.account_id and days.date_day = plans.date_day
    left join rungs on days.account_id = rungs.account_id and days.date_day = rungs.date_day
    where days.date_day = {{ as_of_date() }}

)

select * from final
