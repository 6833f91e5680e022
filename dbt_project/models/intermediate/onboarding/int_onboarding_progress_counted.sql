-- A step that no source can tell of is left out, so that it is not taken for one that was not reached.
with days as (

    select * from {{ ref('int_account_days_listed') }}

),

steps as (

    {{ seed_versions('onboarding_steps') }}

),

columns_fed as (

    select * from {{ ref('int_columns_fed') }}

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
    inner join columns_fed on steps.required_input = columns_fed.input_column
    left join reached
        on
            days.account_id = reached.account_id
            and steps.step_id = reached.step_id
            and days.date_day >= reached.reached_date
    group by days.account_id, days.date_day

)

select * from final
