with days as (

    select * from {{ ref('int_account_days_listed') }}

),

usage_windows as (

    select * from {{ ref('int_usage_windows_counted') }}

),

last_logins as (

    select * from {{ ref('int_last_logins_found') }}

),

licences as (

    select * from {{ ref('int_licences_counted') }}

),

final as (

    select
        days.account_id,
        days.date_day,
        {{ ratio('licences.activated_user_count', 'days.seat_count', 18, 6) }} as licence_activation_rate,
        {{ ratio('usage_windows.active_user_count_28d', 'days.seat_count', 18, 6) }} as active_seat_rate_28d,
        least(
            coalesce({{ dbt.datediff('last_logins.last_login_date', 'days.date_day', 'day') }}, days.age_days),
            {{ var('usage_lookback_days') }}
        ) as days_since_last_login
    from days
    inner join usage_windows
        on days.account_id = usage_windows.account_id and days.date_day = usage_windows.date_day
    inner join last_logins on days.account_id = last_logins.account_id and days.date_day = last_logins.date_day
    inner join licences on days.account_id = licences.account_id and days.date_day = licences.date_day

)

select * from final
