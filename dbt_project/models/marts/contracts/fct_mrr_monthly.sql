with contracts as (

    select * from {{ ref('fct_contracts') }}

),

month_ends as (

    select dates.date_day as month_end_date
    from {{ ref('dim_dates') }} as dates
    where dates.is_month_end

),

final as (

    select
        contracts.account_id,
        month_ends.month_end_date,
        cast(sum(contracts.mrr_amount) as numeric(18, 2)) as mrr_amount,
        cast(sum(contracts.seat_count) as bigint) as seat_count,
        count(*) as contract_count
    from month_ends
    inner join contracts
        on
            month_ends.month_end_date >= contracts.start_date
            and (contracts.end_date is null or month_ends.month_end_date < contracts.end_date)
    where contracts.is_customer
    group by contracts.account_id, month_ends.month_end_date

)

select
    final.account_id,
    final.month_end_date,
    final.mrr_amount,
    final.seat_count,
    final.contract_count
from final
