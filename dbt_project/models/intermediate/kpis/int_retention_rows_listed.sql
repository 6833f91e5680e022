-- The cohort of each month and of each twelve months: every account with revenue at the start, beside what it has at
-- the end. Once with pending revenue as lost, once as kept.
with arr as (

    select * from {{ ref('int_account_arr_summed') }}

),

months as (

    select * from {{ ref('int_months_listed') }}

),

periods as (

    select
        months.month_end_date,
        months.previous_month_end_date as start_date,
        'monthly' as period
    from months
    where months.is_in_history
    union all
    select
        months.month_end_date,
        months.previous_year_month_end_date as start_date,
        'trailing_12_months' as period
    from months
    where months.is_in_history

),

cohort as (

    select
        periods.month_end_date,
        periods.period,
        opening.account_id,
        opening.contract_model,
        opening.arr_amount as opening_amount,
        opening.pending_kept_arr_amount as pending_kept_opening_amount,
        coalesce(closing.arr_amount, 0) as closing_amount,
        coalesce(closing.pending_kept_arr_amount, 0) as pending_kept_closing_amount,
        opening.is_unconverted or coalesce(closing.is_unconverted, false) as is_left_out
    from periods
    inner join arr as opening on periods.start_date = opening.month_end_date
    left join arr as closing
        on
            periods.month_end_date = closing.month_end_date
            and opening.account_id = closing.account_id
            and coalesce(opening.contract_model, '') = coalesce(closing.contract_model, '')

),

seen as (

    select
        cohort.month_end_date,
        cohort.period,
        cohort.account_id,
        cohort.contract_model,
        cohort.is_left_out,
        cohort.opening_amount,
        cohort.closing_amount,
        '' as pending_suffix
    from cohort
    union all
    select
        cohort.month_end_date,
        cohort.period,
        cohort.account_id,
        cohort.contract_model,
        cohort.is_left_out,
        cohort.pending_kept_opening_amount as opening_amount,
        cohort.pending_kept_closing_amount as closing_amount,
        '_pending_kept' as pending_suffix
    from cohort

),

figures as (

    select 'grr' as kpi
    union all
    select 'nrr' as kpi
    union all
    select 'logo_churn_rate' as kpi

),

final as (

    select
        figures.kpi || '_' || seen.period || seen.pending_suffix as kpi_id,
        seen.month_end_date,
        seen.contract_model,
        seen.account_id,
        cast(null as {{ dbt.type_string() }}) as record_id,
        seen.is_left_out,
        case
            when figures.kpi = 'grr' then least(seen.opening_amount, seen.closing_amount)
            when figures.kpi = 'nrr' then seen.closing_amount
            when seen.closing_amount = 0 then 1
            else 0
        end as numerator,
        case when figures.kpi = 'logo_churn_rate' then 1 else seen.opening_amount end as denominator
    from seen
    cross join figures
    where seen.opening_amount > 0 or seen.is_left_out

)

select * from final
