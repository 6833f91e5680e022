with tickets as (

    select * from {{ ref('int_tickets_timed') }}

),

minutes as (

    select * from {{ ref('int_ticket_minutes_counted') }}

),

final as (

    select
        {{ surrogate_key(['tickets.source_name', 'tickets.ticket_id']) }} as ticket_key,
        tickets.*,
        {{ hashed_person_id('tickets.user_id') }} as hashed_user_id,
        minutes.business_missing_reason,
        tickets.resolved_at is null and not tickets.is_deleted as is_open,
        minutes.first_reply_calendar_minutes is not null as is_answered,
        tickets.first_reply_kind in ('template', 'article') as is_answered_by_template,
        tickets.resolved_at is not null and tickets.reply_count <= 1 and tickets.reopen_count = 0 as is_one_touch,
        minutes.first_reply_calendar_minutes,
        minutes.first_reply_business_minutes,
        minutes.first_resolution_calendar_minutes,
        minutes.first_resolution_business_minutes,
        minutes.full_resolution_calendar_minutes,
        minutes.full_resolution_business_minutes,
        greatest({{ minutes_between('tickets.created_at', end_of_business_day(as_of_date())) }}, 0) as age_minutes,
        {{ business_date('tickets.created_at') }} as created_date
    from tickets
    inner join minutes on tickets.source_name = minutes.source_name and tickets.ticket_id = minutes.ticket_id

)

select
    final.ticket_key,
    final.source_name,
    final.ticket_id,
    final.account_id,
    final.hashed_user_id as user_id,
    final.schedule_id,
    final.segment,
    final.channel,
    final.status,
    final.priority,
    final.satisfaction,
    final.first_reply_kind,
    final.business_missing_reason,
    final.is_open,
    final.is_escalated,
    final.is_deleted,
    final.is_customer,
    final.is_answered,
    final.is_answered_by_template,
    final.is_one_touch,
    final.first_reply_calendar_minutes,
    final.first_reply_business_minutes,
    final.first_resolution_calendar_minutes,
    final.first_resolution_business_minutes,
    final.full_resolution_calendar_minutes,
    final.full_resolution_business_minutes,
    case when final.is_open then cast(final.age_minutes as numeric(18, 2)) end as open_age_calendar_minutes,
    final.reply_count,
    final.reopen_count,
    final.handoff_count,
    final.created_date,
    final.created_at,
    final.first_replied_at,
    final.first_resolved_at,
    final.resolved_at
from final
