with tickets as (

    select * from {{ ref('fct_support_tickets') }}

),

segments as (

    select * from {{ ref('int_schedule_segments_counted') }}

),

days as (

    select
        segments.schedule_id,
        segments.moment_date,
        sum(segments.working_microseconds) as working_microseconds
    from segments
    group by segments.schedule_id, segments.moment_date

),

-- The first and the last day listed belong to two days of the desk, of which one is not.
never_resting as (

    select days.schedule_id
    from days
    group by days.schedule_id
    having
        count(*) filter (where days.working_microseconds < 86400000000) <= 2
        and max(days.working_microseconds) = 86400000000

),

final as (

    select
        tickets.ticket_key,
        tickets.first_reply_calendar_minutes,
        tickets.first_reply_business_minutes,
        tickets.full_resolution_calendar_minutes,
        tickets.full_resolution_business_minutes
    from tickets
    inner join never_resting on tickets.schedule_id = never_resting.schedule_id
    where
        tickets.first_reply_business_minutes is distinct from tickets.first_reply_calendar_minutes
        or tickets.first_resolution_business_minutes is distinct from tickets.first_resolution_calendar_minutes
        or tickets.full_resolution_business_minutes is distinct from tickets.full_resolution_calendar_minutes

)

select * from final
