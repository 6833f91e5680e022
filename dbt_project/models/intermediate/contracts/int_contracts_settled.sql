with contracts as (

    select * from {{ ref('int_contracts_current') }}

),

outcomes as (

    select * from {{ ref('int_contract_outcomes_settled') }}

),

final as (

    select
        contracts.contract_id,
        contracts.account_id,
        contracts.previous_contract_id,
        outcomes.renewed_by_contract_id,
        contracts.source_name,
        coalesce(contracts.contract_model, 'subscription') as contract_model,
        contracts.product_name,
        contracts.plan_name,
        contracts.billing_frequency,
        contracts.currency_code,
        outcomes.renewal_status,
        coalesce(contracts.is_trial, false) as is_trial,
        contracts.start_date <= {{ as_of_date() }}
        and (contracts.end_date is null or {{ as_of_date() }} < contracts.end_date) as is_live,
        contracts.is_overlapping,
        coalesce(outcomes.is_renewal_implied, false) as is_renewal_implied,
        contracts.is_customer,
        contracts.seat_count,
        contracts.mrr_amount as contract_mrr_amount,
        contracts.reporting_rate,
        contracts.reporting_mrr_amount as mrr_amount,
        contracts.reporting_one_off_amount as one_off_amount,
        outcomes.renewed_mrr_amount,
        contracts.signed_date,
        contracts.start_date,
        contracts.end_date,
        -- A renewal that begins after a gap carries the revenue over it, if it was signed in time.
        case
            when
                outcomes.renewal_status in ('renewed', 'renewed_late')
                and outcomes.renewal_start_date > contracts.end_date
                and outcomes.renewal_start_date <= {{ days_after('contracts.end_date', var('late_renewal_days')) }}
                then outcomes.renewal_start_date
            else contracts.end_date
        end as carried_to_date,
        outcomes.renewal_signed_date
    from contracts
    left join outcomes on contracts.contract_id = outcomes.contract_id

)

select * from final
