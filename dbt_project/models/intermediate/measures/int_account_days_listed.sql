with contracts as (

    select * from {{ ref('int_contract_versions') }}

),

accounts as (

    select * from {{ ref('int_account_versions') }}

),

days as (

    {{ days_between(from_date(), to_date()) }}

),

known_contracts as (

    select
        contracts.account_id,
        days.date_day,
        contracts.seat_count,
        contracts.start_date,
        contracts.start_date <= days.date_day
        and (contracts.end_date is null or days.date_day < contracts.end_date) as is_live
    from days
    inner join contracts on {{ in_force('contracts', 'days.date_day') }}

),

-- The first contract is the first of those known on the day: what is told later must not change the age before.
live_accounts as (

    select
        known_contracts.account_id,
        known_contracts.date_day,
        sum(known_contracts.seat_count) filter (where known_contracts.is_live) as seat_count,
        min(known_contracts.start_date) as first_contract_date
    from known_contracts
    group by known_contracts.account_id, known_contracts.date_day
    having bool_or(known_contracts.is_live)

),

final as (

    select
        live_accounts.account_id,
        live_accounts.date_day,
        accounts.segment,
        live_accounts.seat_count,
        {{ dbt.datediff('live_accounts.first_contract_date', 'live_accounts.date_day', 'day') }} as age_days  -- noqa: LT05
    from live_accounts
    left join accounts
        on
            live_accounts.account_id = accounts.account_id
            and {{ in_force('accounts', 'live_accounts.date_day') }}
    where {{ is_customer('accounts') }}

)

select * from final
