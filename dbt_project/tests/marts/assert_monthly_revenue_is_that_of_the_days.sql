-- Revenue at a month's end is that of the day: the sum of all that has started by then, less all that has ended.
with contracts as (

    select *
    from {{ ref('fct_contracts') }}
    where is_customer and (end_date is null or start_date < end_date)

),

months as (

    select * from {{ ref('fct_mrr_monthly') }}

),

changes as (

    select
        contracts.account_id,
        contracts.start_date as change_date,
        contracts.mrr_amount,
        1 as contract_count
    from contracts
    union all
    select
        contracts.account_id,
        contracts.end_date as change_date,
        -contracts.mrr_amount as mrr_amount,
        -1 as contract_count
    from contracts
    where contracts.end_date is not null

),

by_day as (

    select
        dates.date_day,
        sum(changes.mrr_amount) as mrr_amount,
        sum(changes.contract_count) as contract_count
    from {{ ref('dim_dates') }} as dates
    inner join changes on dates.date_day >= changes.change_date
    where dates.is_month_end
    group by dates.date_day

),

by_month as (

    select
        months.month_end_date,
        sum(months.mrr_amount) as mrr_amount,
        sum(months.contract_count) as contract_count
    from months
    group by months.month_end_date

),

final as (

    select
        by_day.date_day,
        by_day.mrr_amount as daily_mrr_amount,
        by_month.mrr_amount as monthly_mrr_amount
    from by_day
    left join by_month on by_day.date_day = by_month.month_end_date
    where
        coalesce(by_day.mrr_amount, 0) <> coalesce(by_month.mrr_amount, 0)
        or by_day.contract_count <> coalesce(by_month.contract_count, 0)

)

select * from final
