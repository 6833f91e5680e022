with contracts as (

    select * from {{ ref('int_contract_versions') }}

),

accounts as (

    select * from {{ ref('int_account_versions') }}

),

days as (

    {{ days_between(from_date(), to_date()) }}

),

live_contracts as (

    select
        contracts.account_id,
        days.date_day,
        sum(contracts.seat_count) as seat_count
    from days
    inner join contracts
        on
            days.date_day >= contracts.start_date
            and {{ in_force('contracts', 'days.date_day') }}
            and (contracts.end_date is null or days.date_day < contracts.end_date)
    group by contracts.account_id, days.date_day

),

first_contracts as (

    select
        contracts.account_id,
        min(contracts.start_date) as first_contract_date
    from contracts
    group by contracts.account_id

),

final as (

    select
        live_contracts.account_id,
        live_contracts.date_day,
        accounts.segment,
        live_contracts.seat_count,
        {{ dbt.datediff('first_contracts.first_contract_date', 'live_contracts.date_day', 'day') }} as age_days  -- noqa: LT05
    from live_contracts
    inner join first_contracts on live_contracts.account_id = first_contracts.account_id
    left join accounts
        on
            live_contracts.account_id = accounts.account_id
            and {{ in_force('accounts', 'live_contracts.date_day') }}
    where not coalesce(accounts.is_test, false)

)

select * from final
