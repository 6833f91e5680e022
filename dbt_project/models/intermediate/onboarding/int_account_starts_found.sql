-- The start of an account as it was known on its first live day of the history, so that nothing told later moves it.
with contracts as (

    select * from {{ ref('int_contract_versions') }}

),

live_versions as (

    select
        contracts.account_id,
        contracts.end_date,
        contracts.valid_to_date,
        greatest(contracts.start_date, contracts.valid_from_date, {{ history_start_date() }}) as live_from_date
    from contracts

),

first_days as (

    select
        live_versions.account_id,
        min(live_versions.live_from_date) as first_live_date
    from live_versions
    where
        live_versions.live_from_date < coalesce(live_versions.end_date, cast('9999-12-31' as date))
        and live_versions.live_from_date < coalesce(live_versions.valid_to_date, cast('9999-12-31' as date))
    group by live_versions.account_id

),

final as (

    select
        first_days.account_id,
        min(contracts.start_date) as first_contract_date,
        first_days.first_live_date
    from first_days
    inner join contracts
        on
            first_days.account_id = contracts.account_id
            and {{ in_force('contracts', 'first_days.first_live_date') }}
    group by first_days.account_id, first_days.first_live_date

)

select * from final
