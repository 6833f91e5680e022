-- Which contract follows which: as the sources tell it, or else the account's next one for the same product. Where
-- contracts for a product run side by side, only the sources can know.
with contracts as (

    select *
    from {{ ref('int_contracts_current') }}
    where not coalesce(is_trial, false) and (end_date is null or start_date < end_date)

),

outcomes as (

    select * from {{ ref('int_contract_outcomes_current') }}

),

told as (

    select
        contracts.previous_contract_id as contract_id,
        contracts.contract_id as next_contract_id
    from contracts
    where contracts.previous_contract_id is not null
    union
    select
        outcomes.contract_id,
        outcomes.renewed_by_contract_id as next_contract_id
    from outcomes
    where outcomes.renewed_by_contract_id is not null

),

told_links as (

    select told.*
    from told
    inner join contracts on told.contract_id = contracts.contract_id
    inner join contracts as next_contracts on told.next_contract_id = next_contracts.contract_id
    where told.contract_id <> told.next_contract_id

),

in_order as (

    select
        contracts.contract_id,
        contracts.end_date,
        lead(contracts.contract_id) over one_product as next_contract_id,
        lead(contracts.start_date) over one_product as next_start_date
    from contracts
    where not contracts.is_overlapping
    window one_product as (
        partition by contracts.account_id, coalesce(contracts.product_name, '')
        order by contracts.start_date, contracts.contract_id
    )

),

implied_links as (

    select
        in_order.contract_id,
        in_order.next_contract_id
    from in_order
    where
        in_order.next_start_date >= in_order.end_date
        and not exists (
            select 1 from told_links
            where told_links.contract_id = in_order.contract_id
        )
        and not exists (
            select 1 from told_links
            where told_links.next_contract_id = in_order.next_contract_id
        )

),

final as (

    select
        told_links.contract_id,
        told_links.next_contract_id,
        false as is_implied
    from told_links
    union all
    select
        implied_links.contract_id,
        implied_links.next_contract_id,
        true as is_implied
    from implied_links

)

select * from final
