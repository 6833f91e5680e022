with tickets as (

    select * from {{ ref('int_ticket_versions') }}

),

final as (

    select
        {{ surrogate_key(['tickets.source_name', 'tickets.ticket_id']) }} as ticket_key,
        tickets.source_name,
        tickets.ticket_id,
        tickets.account_id,
        {{ hashed_person_id('tickets.user_id') }} as user_id,
        tickets.priority,
        tickets.satisfaction,
        tickets.resolved_at is null as is_open,
        coalesce(tickets.is_escalated, false) as is_escalated,
        coalesce(tickets.is_deleted, false) as is_deleted,
        tickets.first_reply_minutes as first_reply_calendar_minutes,
        {{ ratio(seconds_between('tickets.created_at', 'tickets.resolved_at'), '60', 18, 2) }}
            as full_resolution_calendar_minutes,
        {{ business_date('tickets.created_at') }} as created_date,
        tickets.created_at,
        tickets.resolved_at
    from tickets
    where {{ in_force('tickets', as_of_date()) }}

)

select
    final.ticket_key,
    final.source_name,
    final.ticket_id,
    final.account_id,
    final.user_id,
    final.priority,
    final.satisfaction,
    final.is_open,
    final.is_escalated,
    final.is_deleted,
    final.first_reply_calendar_minutes,
    final.full_resolution_calendar_minutes,
    final.created_date,
    final.created_at,
    final.resolved_at
from final
