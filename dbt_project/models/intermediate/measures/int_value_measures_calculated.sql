-- Of an account that began before history nobody knows when it first succeeded.
with days as (

    select * from {{ ref('int_account_days_listed') }}

),

contracts as (

    select * from {{ ref('int_contract_versions') }}

),

invoices as (

    select * from {{ ref('int_invoice_versions') }}

),

plans as (

    select * from {{ ref('int_plan_progress_found') }}

),

successes as (

    select * from {{ ref('int_first_successes_found') }}

),

rungs as (

    select * from {{ ref('int_ladder_days_climbed') }}

),

onboarding as (

    select * from {{ ref('int_onboarding_progress_counted') }}

),

statements as (

    select * from {{ ref('int_statements_averaged') }}

),

former_seats as (

    select
        days.account_id,
        days.date_day,
        sum(contracts.seat_count) as seat_count
    from days
    inner join contracts
        on
            days.account_id = contracts.account_id
            and {{ in_force('contracts', days_before('days.date_day', 90)) }}
            and {{ is_live_on('contracts', days_before('days.date_day', 90)) }}
    group by days.account_id, days.date_day

),

-- A bill that is paid on its due date was never overdue.
overdue as (

    select
        days.account_id,
        days.date_day,
        min(invoices.due_date) as oldest_due_date
    from days
    inner join invoices
        on
            days.account_id = invoices.account_id
            and {{ in_force('invoices', 'days.date_day') }}
            and days.date_day > invoices.due_date
            and (invoices.paid_date is null or days.date_day < invoices.paid_date)
    where coalesce(invoices.invoice_amount > 0, true)
    group by days.account_id, days.date_day

),

final as (

    select
        days.account_id,
        days.date_day,
        plans.attainment_rate as success_plan_attainment,
        onboarding.progress_rate as onboarding_progress,
        case
            when days.first_contract_date < {{ history_start_date() }} then null
            when successes.success_date <= days.date_day
                then greatest({{ dbt.datediff('days.first_contract_date', 'successes.success_date', 'day') }}, 0)
            when plans.has_first_success or rungs.account_id is not null then days.age_days
        end as days_to_first_success,
        coalesce({{ dbt.datediff('overdue.oldest_due_date', 'days.date_day', 'day') }}, 0) as invoice_overdue_days,
        {{ ratio('days.seat_count', 'former_seats.seat_count', 18, 6) }} as seat_trend_90d,
        statements.strategy_points as strategy_height
    from days
    left join plans on days.account_id = plans.account_id and days.date_day = plans.date_day
    left join successes on days.account_id = successes.account_id
    left join rungs on days.account_id = rungs.account_id and days.date_day = rungs.date_day
    left join onboarding on days.account_id = onboarding.account_id and days.date_day = onboarding.date_day
    left join statements on days.account_id = statements.account_id and days.date_day = statements.date_day
    left join former_seats on days.account_id = former_seats.account_id and days.date_day = former_seats.date_day
    left join overdue on days.account_id = overdue.account_id and days.date_day = overdue.date_day

)

select * from final
