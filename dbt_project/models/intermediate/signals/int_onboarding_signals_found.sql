-- A first success is judged where it can be known: one that is agreed, or the rungs of the ladder of an account whose
-- first contract began within history, because what was used before is not known.
with days as (

    select * from {{ ref('int_account_days_listed') }}

),

rules as (

    select * from {{ ref('int_signal_rules_profiled') }}

),

successes as (

    select * from {{ ref('int_first_successes_found') }}

),

plans as (

    select * from {{ ref('int_plan_progress_found') }}

),

measures as (

    select * from {{ ref('int_signal_measures_read') }}

),

terms as (

    select * from {{ ref('int_known_terms_ranked') }}

),

waiting as (

    select
        days.*,
        successes.deadline_date,
        greatest(coalesce(plans.first_success_due_date, successes.deadline_date), days.date_day) as expected_date
    from days
    inner join successes on days.account_id = successes.account_id
    left join plans on days.account_id = plans.account_id and days.date_day = plans.date_day
    left join measures on days.account_id = measures.account_id and days.date_day = measures.date_day
    where
        (successes.success_date is null or days.date_day < successes.success_date)
        and (
            coalesce(plans.has_first_success, false)
            or measures.ladder_rung is not null and days.first_contract_date >= {{ history_start_date() }}
        )

),

final as (

    select
        waiting.account_id,
        waiting.date_day,
        rules.signal_id,
        {{ dbt.datediff('waiting.deadline_date', 'waiting.date_day', 'day') }} as value,  -- noqa: LT05
        cast(null as numeric(18, 6)) as second_value,
        waiting.deadline_date as evidence_date
    from waiting
    inner join rules on {{ is_rule_of('rules', 'onboarding_late', 'waiting') }}
    where waiting.date_day > waiting.deadline_date and waiting.age_days <= rules.window_days
    union all
    select
        waiting.account_id,
        waiting.date_day,
        rules.signal_id,
        {{ dbt.datediff('terms.end_date', 'waiting.expected_date', 'day') }} as value,  -- noqa: LT05
        cast(null as numeric(18, 6)) as second_value,
        terms.end_date as evidence_date
    from waiting
    inner join rules on {{ is_rule_of('rules', 'value_after_renewal', 'waiting') }}
    inner join terms
        on waiting.account_id = terms.account_id and waiting.date_day = terms.date_day and terms.is_first_term
    where waiting.expected_date > terms.end_date and waiting.first_contract_date >= {{ history_start_date() }}

)

select * from final
