-- Business minutes between two moments are the desk's running time at the one less that at the other.
with tickets as (

    select * from {{ ref('int_tickets_timed') }}

),

segments as (

    select * from {{ ref('int_schedule_segments_counted') }}

),

{% set moments = ['created_at', 'first_replied_at', 'first_resolved_at', 'resolved_at'] -%}
running as (

    select
        tickets.*,
        {% for moment in moments -%}
        {{ running_time('at_' ~ moment, 'tickets.' ~ moment) }} as worked_by_{{ moment }}{{ "," if not loop.last }}
        {% endfor %}
    from tickets
    {% for moment in moments -%}
    left join segments as at_{{ moment }} on {{ is_within('at_' ~ moment, 'tickets.schedule_id', 'tickets.' ~ moment) }}
    {% endfor %}

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
