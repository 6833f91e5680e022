with contracts as (

    select * from {{ ref('int_contracts_settled') }}

)

select
    contracts.contract_id,
    contracts.account_id,
    contracts.previous_contract_id,
    contracts.renewed_by_contract_id,
    contracts.source_name,
    contracts.contract_model,
    contracts.product_name,
    contracts.plan_name,
    contracts.billing_frequency,
    contracts.currency_code,
    contracts.renewal_status,
    contracts.is_trial,
    contracts.is_live,
    contracts.is_overlapping,
    contracts.is_renewal_implied,
    contracts.is_customer,
    contracts.seat_count,
    contracts.contract_mrr_amount,
    contracts.reporting_rate,
    contracts.mrr_amount,
    contracts.one_off_amount,
    contracts.renewed_mrr_amount,
    contracts.signed_date,
    contracts.start_date,
    contracts.end_date,
    contracts.carried_to_date,
    contracts.renewal_signed_date
from contracts
