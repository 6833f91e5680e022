with contracts as (

    select * from {{ ref('fct_contracts') }}

),

months as (

    select * from {{ ref('fct_mrr_monthly') }}

),

live as (

    select
        contracts.account_id,
        sum(contracts.mrr_amount) as mrr_amount
    from contracts
    where contracts.is_live and contracts.is_customer
    group by contracts.account_id

),

newest as (

    select
        months.account_id,
        months.mrr_amount
    from months
    where months.month_end_date = {{ as_of_date() }}

),

final as (

    select
        coalesce(live.account_id, newest.account_id) as account_id,
        live.mrr_amount as live_mrr_amount,
        newest.mrr_amount as newest_mrr_amount
    from live
    full outer join newest on live.account_id = newest.account_id
    where
        {{ as_of_date() }} = {{ dbt.last_day(as_of_date(), 'month') }}
        and coalesce(live.mrr_amount, -1) <> coalesce(newest.mrr_amount, -1)

)

select * from final
