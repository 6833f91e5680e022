with days as (

    select * from {{ ref('int_account_days_listed') }}

),

final as (

    select
        days.account_id,
        days.date_day
    from days

)

select * from final
