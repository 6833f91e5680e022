with days as (

    select * from {{ ref('int_account_days_listed') }}

),

requests as (

    select * from {{ ref('int_sales_request_versions') }}

),

final as (

    select
        days.account_id,
        days.date_day,
        count(*) as open_request_count,
        min(requests.requested_date) as oldest_request_date
    from days
    inner join requests
        on
            days.account_id = requests.account_id
            and days.date_day >= requests.requested_date
            and (requests.closed_date is null or days.date_day < requests.closed_date)
            and {{ in_force('requests', 'days.date_day') }}
    group by days.account_id, days.date_day

)

select * from final
