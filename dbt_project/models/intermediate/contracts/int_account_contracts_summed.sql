with contracts as (

    select * from {{ ref('int_contracts_settled') }}

),

final as (

    select
        contracts.account_id,
        cast(coalesce(sum(contracts.mrr_amount) filter (where contracts.is_live), 0) as numeric(18, 2)) as mrr_amount,
        cast(sum(contracts.seat_count) filter (where contracts.is_live) as bigint) as seat_count,
        bool_or(contracts.is_live) as is_live,
        min(contracts.start_date) as first_contract_date
    from contracts
    group by contracts.account_id

)

select * from final
