with contracts as (

    select * from {{ ref('int_contract_versions') }}

),

accounts as (

    select * from {{ ref('int_account_versions') }}

),

known as (

    select contracts.* from contracts where {{ in_force('contracts', as_of_date()) }}

),

overlapping as (

    select distinct known.contract_id
    from known
    inner join known as other_contracts
        on
            known.account_id = other_contracts.account_id
            and known.contract_id <> other_contracts.contract_id
            and greatest(known.start_date, other_contracts.start_date) < least(
                coalesce(known.end_date, cast('9999-12-31' as date)),
                coalesce(other_contracts.end_date, cast('9999-12-31' as date))
            )

),

final as (

    select
        known.*,
        overlapping.contract_id is not null as is_overlapping,
        {{ is_customer('accounts') }} as is_customer
    from known
    left join overlapping on known.contract_id = overlapping.contract_id
    left join accounts on known.account_id = accounts.account_id and {{ in_force('accounts', as_of_date()) }}

)

select * from final
