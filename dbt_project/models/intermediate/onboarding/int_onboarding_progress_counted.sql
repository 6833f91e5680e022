with days as (

    select * from {{ ref('int_account_days_listed') }}

),

steps as (

    {{ seed_versions('onboarding_steps') }}

),

reached as (

    select * from {{ ref('int_onboarding_steps_reached') }}

),

final as (

    select
        days.account_id,
        days.date_day,
        {{ ratio('count(reached.step_id)', 'count(*)', 18, 6) }} as progress_rate
    from days
    inner join steps on {{ in_force('steps', 'days.date_day') }}
    left join reached
        on
            days.account_id = reached.account_id
            and steps.step_id = reached.step_id
            and reached.reached_date <= days.date_day
    group by days.account_id, days.date_day

)

select * from final
