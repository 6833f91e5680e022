with days as (

    select * from {{ ref('int_account_days_listed') }}

),

users as (

    select * from {{ ref('int_user_versions') }}

),

final as (

    select
        days.account_id,
        days.date_day,
        count(users.user_id) as activated_user_count
    from days
    left join users
        on
            days.account_id = users.account_id
            and {{ in_force('users', 'days.date_day') }}
            and {{ business_date('users.activated_at') }} <= days.date_day
            and (users.deactivated_at is null or {{ business_date('users.deactivated_at') }} > days.date_day)
    group by days.account_id, days.date_day

)

select * from final
