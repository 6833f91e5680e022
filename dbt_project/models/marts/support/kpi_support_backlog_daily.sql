with tickets as (

    select known_tickets.*
    from {{ ref('fct_support_tickets') }} as known_tickets
    where known_tickets.is_customer and not known_tickets.is_deleted

),

spans as (

    select * from {{ ref('int_ticket_spans_found') }}

),

dates as (

    select * from {{ ref('dim_dates') }}

),

sliced_tickets as (

    {{ sliced('tickets') }}

),

slices as (

    {{ slices_of('sliced_tickets') }}

),

events as (

    select
        spans.source_name,
        spans.ticket_id,
        {{ business_date('spans.opened_at') }} as event_date,
        1 as opened_count,
        0 as resolved_count
    from spans
    union all
    select
        spans.source_name,
        spans.ticket_id,
        {{ business_date('spans.resolved_at') }} as event_date,
        0 as opened_count,
        1 as resolved_count
    from spans
    where spans.resolved_at is not null

),

-- What happened before the first day of history is carried into it.
counted as (

    select
        sliced_tickets.slice_id,
        greatest(events.event_date, {{ days_before(history_start_date(), 1) }}) as event_date,
        sum(events.opened_count) as opened_count,
        sum(events.resolved_count) as resolved_count
    from events
    inner join sliced_tickets
        on events.source_name = sliced_tickets.source_name and events.ticket_id = sliced_tickets.ticket_id
    group by sliced_tickets.slice_id, greatest(events.event_date, {{ days_before(history_start_date(), 1) }})

),

days as (

    select dates.date_day from dates
    union all
    select {{ days_before(history_start_date(), 1) }} as date_day

),

final as (

    select
        days.date_day,
        slices.slice_kind,
        slices.segment,
        slices.channel,
        cast(coalesce(counted.opened_count, 0) as bigint) as opened_count,
        cast(coalesce(counted.resolved_count, 0) as bigint) as resolved_count,
        cast(sum(coalesce(counted.opened_count, 0) - coalesce(counted.resolved_count, 0)) over (
            partition by slices.slice_id order by days.date_day
        ) as bigint) as backlog_count
    from days
    cross join slices
    left join counted on slices.slice_id = counted.slice_id and days.date_day = counted.event_date

)

select
    final.date_day,
    final.slice_kind,
    final.segment,
    final.channel,
    final.opened_count,
    final.resolved_count,
    final.backlog_count
from final
where final.date_day >= {{ history_start_date() }}
