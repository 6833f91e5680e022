with days as (

    select * from {{ ref('int_account_days_listed') }}

),

usage_windows as (

    select * from {{ ref('int_usage_windows_counted') }}

),

last_logins as (

    select * from {{ ref('int_last_logins_found') }}

),

people as (

    select * from {{ ref('int_people_counted') }}

),

final as (

    select
        days.account_id,
        days.date_day,
        {{ ratio('people.activated_user_count', 'days.seat_count', 18, 6) }} as licence_activation_rate,
        {{ ratio('usage_windows.active_user_count_28d', 'days.seat_count', 18, 6) }} as active_seat_rate_28d,
        {{ ratio('usage_windows.active_user_count_7d', 'days.seat_count', 18, 6) }} as active_seat_rate_7d,
        {{ ratio('usage_windows.active_user_day_count_28d', '(28 * usage_windows.active_user_count_28d)', 18, 6) }}
            as dau_mau_rate_28d,
        {{ ratio('people.activated_active_user_count_28d', 'people.activated_user_count', 18, 6) }}
            as activated_login_rate_28d,
        least(
            coalesce({{ dbt.datediff('last_logins.last_login_date', 'days.date_day', 'day') }}, days.age_days),
            {{ var('usage_lookback_days') }}
        ) as days_since_last_login,
        {{ ratio('(people.activated_user_count - people.activated_active_user_count_7d)',
                 'people.activated_user_count', 18, 6) }} as dormant_user_rate,
        people.new_user_count_28d as new_users_28d,
        usage_windows.active_department_count_28d as active_departments_28d,
        {{ ratio('people.department_active_count_28d', 'people.department_count', 18, 6) }}
            as active_department_rate_28d,
        people.role_count as stakeholder_roles_covered,
        {{ ratio('people.administrator_active_count_28d', 'people.administrator_count', 18, 6) }}
            as administrator_active_28d,
        case
            when people.decision_maker_active_count_28d > 0 then 1
            when people.decision_maker_count > 0 then 0
        end as decision_maker_login_28d
    from days
    inner join usage_windows
        on days.account_id = usage_windows.account_id and days.date_day = usage_windows.date_day
    inner join last_logins on days.account_id = last_logins.account_id and days.date_day = last_logins.date_day
    inner join people on days.account_id = people.account_id and days.date_day = people.date_day

)

select * from final
