-- Of the steps in force that a source can tell of, the first one missing is what an account waits for, from the day on
-- which all before it were reached.
with accounts as (

    select * from {{ ref('int_onboarding_accounts_listed') }}

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

listed as (

    select
        accounts.account_id,
        accounts.segment,
        accounts.is_observed_from_start,
        accounts.is_live,
        accounts.first_contract_date,
        accounts.left_date,
        steps.step_id,
        steps.step_number,
        steps.name_english,
        steps.name_japanese,
        steps.stuck_after_days,
        reached.reached_date,
        count(*) over up_to_step - count(reached.step_id) over up_to_step as missing_count,
        max(reached.reached_date) over up_to_step as last_reached_date
    from accounts
    inner join steps on {{ in_force('steps', as_of_date()) }}
    inner join columns_fed on steps.required_input = columns_fed.input_column
    left join reached on accounts.account_id = reached.account_id and steps.step_id = reached.step_id
    window up_to_step as (
        partition by accounts.account_id order by steps.step_number
        rows between unbounded preceding and current row
    )

),

final as (

    select
        listed.account_id,
        listed.step_id,
        listed.segment,
        listed.name_english,
        listed.name_japanese,
        listed.step_number,
        listed.is_observed_from_start,
        listed.reached_date is not null as is_reached,
        listed.reached_date is null and listed.missing_count = 1 as is_current,
        case
            when listed.is_observed_from_start and listed.reached_date is not null
                then greatest({{ days_from('listed.first_contract_date', 'listed.reached_date') }}, 0)
        end as days_from_start,
        {{ days_from('listed.first_contract_date', 'least(' ~ as_of_date() ~ ', listed.left_date)') }} as observed_days,
        listed.reached_date,
        case
            when listed.reached_date is null and listed.missing_count = 1
                then greatest(listed.first_contract_date, listed.last_reached_date)
        end as waiting_since_date,
        listed.is_live,
        listed.stuck_after_days
    from listed

)

select
    final.account_id,
    final.step_id,
    final.segment,
    final.name_english,
    final.name_japanese,
    final.step_number,
    final.is_observed_from_start,
    final.is_reached,
    final.is_current,
    final.is_live
    and final.is_current
    and {{ days_from('final.waiting_since_date', as_of_date()) }} > final.stuck_after_days as is_stuck,
    final.days_from_start,
    final.observed_days,
    final.reached_date,
    final.waiting_since_date,
    {{ as_of_date() }} as as_of_date
from final
