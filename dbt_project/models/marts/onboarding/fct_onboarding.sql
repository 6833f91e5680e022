with accounts as (

    select * from {{ ref('int_onboarding_accounts_listed') }}

),

successes as (

    select * from {{ ref('int_first_successes_found') }}

),

steps as (

    select * from {{ ref('fct_onboarding_steps') }}

),

trials as (

    select
        judged.*,
        row_number() over (
            partition by judged.account_id order by judged.signed_up_at, judged.source_name, judged.trial_id
        ) as rank_in_account
    from {{ ref('int_trials_judged') }} as judged

),

stepped as (

    select
        steps.account_id,
        max(case when steps.is_current then steps.step_id end) as current_step_id,
        bool_or(steps.is_stuck) as is_stuck,
        count(*) as step_count,
        count(*) filter (where steps.is_reached) as reached_step_count
    from steps
    group by steps.account_id

),

-- A success of a later day than the newest is none yet.
joined as (

    select
        accounts.*,
        successes.success_kind,
        successes.deadline_date,
        case when successes.success_date <= {{ as_of_date() }} then successes.success_date end as first_success_date,
        least({{ as_of_date() }}, accounts.left_date) as last_observed_date,
        accounts.is_observed_from_start and successes.success_kind is not null as is_judged
    from accounts
    inner join successes on accounts.account_id = successes.account_id

)

select
    joined.account_id,
    joined.segment,
    trials.onboarding_speed,
    joined.success_kind,
    stepped.current_step_id,
    joined.is_live,
    joined.is_observed_from_start,
    case when joined.success_kind is not null then joined.first_success_date is not null end
        as is_first_success_reached,
    case
        when joined.is_judged and joined.deadline_date < {{ as_of_date() }}
            then coalesce(joined.first_success_date <= joined.deadline_date, false)
    end as is_in_time,
    case
        when
            joined.is_judged
            and (joined.first_success_date is not null or joined.first_term_end_date < {{ as_of_date() }})
            then coalesce(joined.first_success_date, {{ as_of_date() }}) > joined.first_term_end_date
    end as is_value_after_renewal,
    stepped.is_stuck,
    coalesce(stepped.step_count, 0) as step_count,
    coalesce(stepped.reached_step_count, 0) as reached_step_count,
    {{ ratio('stepped.reached_step_count', 'stepped.step_count', 18, 6) }} as progress_rate,
    case
        when joined.is_judged and joined.first_success_date is not null
            then greatest({{ days_from('joined.first_contract_date', 'joined.first_success_date') }}, 0)
    end as days_to_first_success,
    {{ days_from('joined.first_contract_date', 'joined.last_observed_date') }} as observed_days,
    cast({{ dbt.date_trunc('month', 'joined.first_contract_date') }} as date) as cohort_month_date,
    joined.first_contract_date,
    joined.first_success_date,
    joined.deadline_date,
    joined.first_term_start_date,
    joined.first_term_end_date,
    joined.left_date,
    {{ as_of_date() }} as as_of_date
from joined
left join stepped on joined.account_id = stepped.account_id
left join trials on joined.account_id = trials.account_id and trials.rank_in_account = 1
