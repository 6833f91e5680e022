with tickets as (

    select * from {{ ref('fct_support_tickets') }}

),

days as (

    select * from {{ ref('kpi_support_backlog_daily') }}

),

open_tickets as (

    select count(*) as ticket_count
    from tickets
    where
        tickets.is_customer
        and not tickets.is_deleted
        and tickets.created_date <= {{ as_of_date() }}
        and (tickets.is_open or {{ business_date('tickets.resolved_at') }} > {{ as_of_date() }})

),

final as (

    select
        days.date_day,
        days.backlog_count,
        open_tickets.ticket_count
    from days
    cross join open_tickets
    where
        days.slice_kind = 'total'
        and days.date_day = {{ as_of_date() }}
        and days.backlog_count <> open_tickets.ticket_count

)

select * from final
