with contracts as (

    select * from {{ ref('int_contract_versions') }}

),

accounts as (

    select * from {{ ref('int_account_versions') }}

),

rates as (

    select * from {{ ref('int_currency_rates_dated') }}

),

known as (

    select contracts.* from contracts where {{ in_force('contracts', as_of_date()) }}

),

-- Contracts for different products run beside each other by intent.
overlapping as (

    select distinct known.contract_id
    from known
    inner join known as other_contracts
        on
            known.account_id = other_contracts.account_id
            and coalesce(known.product_name, '') = coalesce(other_contracts.product_name, '')
            and known.contract_id <> other_contracts.contract_id
            and greatest(known.start_date, other_contracts.start_date) < least(
                coalesce(known.end_date, cast('9999-12-31' as date)),
                coalesce(other_contracts.end_date, cast('9999-12-31' as date))
            )

),

reporting as (

    {{ reporting_currency('known') }}

),

rated as (

    select
        known.*,
        case
            when known.currency_code is null or upper(known.currency_code) = reporting.currency_code
                then cast(1 as numeric(18, 6))
            else rates.reporting_rate
        end as reporting_rate
    from known
    cross join reporting
    left join rates
        on
            upper(known.currency_code) = rates.currency_code
            and {{ in_force('rates', 'coalesce(known.signed_date, known.start_date)') }}

),

final as (

    select
        rated.*,
        {{ reporting_amount('rated.mrr_amount', 'rated.reporting_rate') }} as reporting_mrr_amount,
        {{ reporting_amount('rated.one_off_amount', 'rated.reporting_rate') }} as reporting_one_off_amount,
        overlapping.contract_id is not null as is_overlapping,
        {{ is_customer('accounts') }} as is_customer
    from rated
    left join overlapping on rated.contract_id = overlapping.contract_id
    left join accounts on rated.account_id = accounts.account_id and {{ in_force('accounts', as_of_date()) }}

)

select * from final
