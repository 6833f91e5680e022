with contracts as (

    select * from {{ ref('int_contracts_current') }}

),

final as (

    select
        contracts.contract_id,
        contracts.account_id,
        contracts.source_name,
        contracts.plan_name,
        contracts.billing_frequency,
        contracts.currency_code,
        coalesce(contracts.is_trial, false) as is_trial,
        contracts.start_date <= {{ as_of_date() }}
        and (contracts.end_date is null or {{ as_of_date() }} < contracts.end_date) as is_live,
        contracts.is_overlapping,
        contracts.is_customer,
        contracts.seat_count,
        contracts.mrr_amount,
        contracts.start_date,
        contracts.end_date
    from contracts

)

select
    final.contract_id,
    final.account_id,
    final.source_name,
    final.plan_name,
    final.billing_frequency,
    final.currency_code,
    final.is_trial,
    final.is_live,
    final.is_overlapping,
    final.is_customer,
    final.seat_count,
    final.mrr_amount,
    final.start_date,
    final.end_date
from final
