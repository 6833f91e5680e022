with revenue as (

    select * from {{ ref('int_account_revenue_summed') }}

),

final as (

    select
        revenue.account_id,
        revenue.month_end_date,
        cast(sum(revenue.mrr_amount) as numeric(18, 2)) as mrr_amount,
        cast(sum(revenue.seat_count) as bigint) as seat_count,
        cast(sum(revenue.contract_count) as bigint) as contract_count,
        cast(sum(revenue.unconverted_contract_count) as bigint) as unconverted_contract_count
    from revenue
    where
        revenue.month_end_date >= cast('{{ var("history_start_date") }}' as date)
        and revenue.contract_count > 0
    group by revenue.account_id, revenue.month_end_date

)

select
    final.account_id,
    final.month_end_date,
    final.mrr_amount,
    final.seat_count,
    final.contract_count,
    final.unconverted_contract_count
from final
