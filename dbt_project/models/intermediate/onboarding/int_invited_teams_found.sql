-- Judged on the days on which a user or a contract came to be known, because nothing changes on the others.
with users as (

    select
        versions.account_id,
        versions.user_id,
        min(greatest(versions.valid_from_date, {{ business_date('versions.activated_at') }})) as activated_date
    from {{ ref('int_user_versions') }} as versions
    where versions.activated_at is not null and versions.account_id is not null
    group by versions.account_id, versions.user_id

),

contracts as (

    select * from {{ ref('int_contract_versions') }}

),

change_days as (

    select
        users.account_id,
        users.activated_date as date_day
    from users
    union
    select
        contracts.account_id,
        greatest(contracts.valid_from_date, contracts.start_date) as date_day
    from contracts

),

activated as (

    select
        change_days.account_id,
        change_days.date_day,
        count(*) as user_count
    from change_days
    inner join users
        on change_days.account_id = users.account_id and change_days.date_day >= users.activated_date
    group by change_days.account_id, change_days.date_day

),

seats as (

    select
        change_days.account_id,
        change_days.date_day,
        sum(contracts.seat_count) as seat_count
    from change_days
    inner join contracts
        on
            change_days.account_id = contracts.account_id
            and {{ in_force('contracts', 'change_days.date_day') }}
            and change_days.date_day >= contracts.start_date
            and (contracts.end_date is null or change_days.date_day < contracts.end_date)
    group by change_days.account_id, change_days.date_day

),

final as (

    select
        activated.account_id,
        min(activated.date_day) as invited_date
    from activated
    left join seats on activated.account_id = seats.account_id and activated.date_day = seats.date_day
    where activated.user_count >= 3 or 2 * activated.user_count >= seats.seat_count
    group by activated.account_id

)

select * from final
