with contracts as (

    select * from {{ ref('int_contract_versions') }}

),

accounts as (

    select * from {{ ref('int_account_versions') }}

),

stages as (

    {{ seed_versions('account_stages') }}

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
        {{ is_live_on('contracts', 'days.date_day') }} as is_live
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

aged as (

    select
        live_accounts.*,
        {{ dbt.datediff('live_accounts.first_contract_date', 'live_accounts.date_day', 'day') }} as age_days  -- noqa: LT05
    from live_accounts

),

staged as (

    select
        aged.account_id,
        aged.date_day,
        aged.seat_count,
        aged.first_contract_date,
        aged.age_days,
        max(stages.minimum_age_days) as minimum_age_days
    from aged
    inner join stages
        on aged.age_days >= stages.minimum_age_days and {{ in_force('stages', 'aged.date_day') }}
    group by aged.account_id, aged.date_day, aged.seat_count, aged.first_contract_date, aged.age_days

),

final as (

    select
        staged.account_id,
        staged.date_day,
        accounts.segment,
        stages.stage_id,
        staged.seat_count,
        staged.age_days,
        staged.first_contract_date
    from staged
    inner join stages
        on staged.minimum_age_days = stages.minimum_age_days and {{ in_force('stages', 'staged.date_day') }}
    left join accounts
        on
            staged.account_id = accounts.account_id
            and {{ in_force('accounts', 'staged.date_day') }}
    where {{ is_customer('accounts') }}

)

select * from final
