-- Business minutes between two moments are the desk's running time at the one less that at the other.
with tickets as (

    select * from {{ ref('int_tickets_timed') }}

),

segments as (

    select * from {{ ref('int_schedule_segments_counted') }}

),

running as (

    select
        tickets.*,
        {{ running_time('creation', 'tickets.created_at') }} as worked_by_created_at,
        {{ running_time('reply', 'tickets.first_replied_at') }} as worked_by_first_replied_at,
        {{ running_time('solution', 'tickets.first_resolved_at') }} as worked_by_first_resolved_at,
        {{ running_time('resolution', 'tickets.resolved_at') }} as worked_by_resolved_at
    from tickets
    left join segments as creation on {{ is_within('creation', 'tickets.schedule_id', 'tickets.created_at') }}
    left join segments as reply on {{ is_within('reply', 'tickets.schedule_id', 'tickets.first_replied_at') }}
    left join segments as solution on {{ is_within('solution', 'tickets.schedule_id', 'tickets.first_resolved_at') }}
    left join segments as resolution on {{ is_within('resolution', 'tickets.schedule_id', 'tickets.resolved_at') }}

),

final as (

    select
        running.source_name,
        running.ticket_id,
        case
            when running.schedule_id is null then 'no_schedule'
            when running.worked_by_created_at is null then 'unknown_schedule'
        end as business_missing_reason,
        coalesce(
            running.told_first_reply_minutes, {{ minutes_between('running.created_at', 'running.first_replied_at') }}
        ) as first_reply_calendar_minutes,
        {{ minutes_of('running.worked_by_first_replied_at - running.worked_by_created_at') }}
            as first_reply_business_minutes,
        {{ minutes_between('running.created_at', 'running.first_resolved_at') }} as first_resolution_calendar_minutes,
        {{ minutes_of('running.worked_by_first_resolved_at - running.worked_by_created_at') }}
            as first_resolution_business_minutes,
        {{ minutes_between('running.created_at', 'running.resolved_at') }} as full_resolution_calendar_minutes,
        {{ minutes_of('running.worked_by_resolved_at - running.worked_by_created_at') }}
            as full_resolution_business_minutes
    from running

)

select * from final
