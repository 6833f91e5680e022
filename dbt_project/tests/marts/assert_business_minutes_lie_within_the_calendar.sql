with tickets as (

    select * from {{ ref('fct_support_tickets') }}

),

final as (

    select
        tickets.ticket_key,
        tickets.first_reply_business_minutes,
        tickets.first_resolution_business_minutes,
        tickets.full_resolution_business_minutes
    from tickets
    where
        tickets.first_reply_business_minutes < 0
        or tickets.first_reply_business_minutes > tickets.first_reply_calendar_minutes
        or tickets.first_resolution_business_minutes < 0
        or tickets.first_resolution_business_minutes > tickets.first_resolution_calendar_minutes
        or tickets.full_resolution_business_minutes < 0
        or tickets.full_resolution_business_minutes > tickets.full_resolution_calendar_minutes

)

select * from final
