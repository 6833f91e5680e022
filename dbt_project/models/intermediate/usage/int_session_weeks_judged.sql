-- A week is low by the rule of the signal low_session_time for the account's segment then. Twelve weeks in a row count,
-- because no more are read.
with summed as (

    select * from {{ ref('int_session_weeks_summed') }}

),

accounts as (

    select * from {{ ref('int_account_versions') }}

),

rules as (

    select * from {{ ref('int_signal_rules_profiled') }}

),

lowered as (

    select
        summed.*,
        summed.session_minutes <= rules.threshold_value as is_low
    from summed
    left join accounts
        on summed.account_id = accounts.account_id and {{ in_force('accounts', 'summed.week_end_date') }}
    inner join rules
        on
            rules.signal_id = 'low_session_time'
            and rules.segment = coalesce(accounts.segment, '*')
            and {{ in_force('rules', 'summed.week_end_date') }}

),

judged as (

    select
        lowered.*,
        case
            when
                lowered.is_low
                and {{ days_after('lag(lowered.week_end_date) over one_account', 7) }} = lowered.week_end_date
                then 0
            else 1
        end as is_start
    from lowered
    window one_account as (partition by lowered.account_id order by lowered.week_end_date)

),

numbered as (

    select
        judged.*,
        sum(judged.is_start) over (
            partition by judged.account_id order by judged.week_end_date
            rows between unbounded preceding and current row
        ) as run_number
    from judged

),

counted as (

    select
        numbered.*,
        sum(case when numbered.is_low then 1 else 0 end) over (
            partition by numbered.account_id, numbered.run_number order by numbered.week_end_date
            rows between unbounded preceding and current row
        ) as low_week_count
    from numbered

),

final as (

    select
        counted.account_id,
        counted.week_end_date,
        counted.session_minutes,
        counted.is_low,
        least(counted.low_week_count, 12) as low_week_count
    from counted
    where counted.week_end_date >= {{ days_before(from_date(), 6) }}

)

select * from final
