-- Where the source tells no changes of status, its own time of resolution stands.
with ticket_versions as (

    select * from {{ ref('int_ticket_versions') }}

),

states as (

    select * from {{ ref('int_ticket_states_changed') }}

),

told as (

    select
        tickets.source_name,
        tickets.ticket_id,
        tickets.created_at,
        tickets.resolved_at,
        states.change_number is not null as has_status_changes
    from ticket_versions as tickets
    left join states
        on
            tickets.source_name = states.source_name
            and tickets.ticket_id = states.ticket_id
            and states.change_number = 1
    where {{ in_force('tickets', as_of_date()) }}

),

turns as (

    select
        told.source_name,
        told.ticket_id,
        told.has_status_changes,
        told.created_at as turned_at,
        false as is_resolved,
        0 as change_number
    from told
    union all
    select
        states.source_name,
        states.ticket_id,
        true as has_status_changes,
        states.changed_at as turned_at,
        states.is_resolved,
        states.change_number
    from states
    where states.is_resolved <> states.was_resolved
    union all
    select
        told.source_name,
        told.ticket_id,
        false as has_status_changes,
        told.resolved_at as turned_at,
        true as is_resolved,
        1 as change_number
    from told
    where told.resolved_at is not null and not told.has_status_changes

),

spans as (

    select
        turns.*,
        lead(turns.turned_at) over one_ticket as next_turned_at
    from turns
    window one_ticket as (partition by turns.source_name, turns.ticket_id order by turns.change_number)

),

final as (

    select
        spans.source_name,
        spans.ticket_id,
        row_number() over (
            partition by spans.source_name, spans.ticket_id order by spans.change_number
        ) as span_number,
        spans.has_status_changes,
        spans.turned_at as opened_at,
        spans.next_turned_at as resolved_at
    from spans
    where not spans.is_resolved

)

select * from final
