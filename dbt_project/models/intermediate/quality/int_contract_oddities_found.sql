with contracts as (

    select * from {{ ref('int_contracts_settled') }}

),

outcomes as (

    select * from {{ ref('int_contract_outcomes_current') }}

),

final as (

    select
        'contract_not_converted' as oddity_id,
        contracts.contract_id as record_id,
        contracts.account_id
    from contracts
    where contracts.contract_mrr_amount is not null and contracts.mrr_amount is null
    union all
    select
        'renewal_points_nowhere' as oddity_id,
        contracts.contract_id as record_id,
        contracts.account_id
    from contracts
    where
        contracts.previous_contract_id is not null
        and not exists (
            select 1 from contracts as next_contracts
            where
                next_contracts.contract_id = contracts.previous_contract_id
                and next_contracts.contract_id <> contracts.contract_id
        )
    union all
    select
        'outcome_points_nowhere' as oddity_id,
        outcomes.contract_id as record_id,
        contracts.account_id
    from outcomes
    left join contracts on outcomes.contract_id = contracts.contract_id
    where
        contracts.contract_id is null
        or (
            outcomes.renewed_by_contract_id is not null
            and not exists (
                select 1 from contracts as next_contracts
                where next_contracts.contract_id = outcomes.renewed_by_contract_id
            )
        )
    union all
    select
        'superseded_contract_goes_on' as oddity_id,
        contracts.contract_id as record_id,
        contracts.account_id
    from contracts
    inner join contracts as next_contracts on contracts.renewed_by_contract_id = next_contracts.contract_id
    where contracts.renewal_status = 'superseded' and next_contracts.start_date < contracts.end_date

)

select * from final
