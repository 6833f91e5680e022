-- What is dated before the ticket's creation counts at the creation. A deletion is no turn of the work, and neither is
-- taking it back: both are passed over.
with ticket_versions as (

    select * from {{ ref('int_ticket_versions') }}

),

status_changes as (

    select * from {{ ref('input_ticket_status_changes') }}

),

changes as (

    select
        tickets.source_name,
        tickets.ticket_id,
        status_changes.status_change_id,
        greatest(status_changes.changed_at, tickets.created_at) as changed_at,
        {{ is_resolved_status('status_changes.new_status') }} as is_resolved
    from status_changes
    inner join ticket_versions as tickets
        on
            status_changes.source_name = tickets.source_name
            and status_changes.ticket_id = tickets.ticket_id
            and {{ in_force('tickets', as_of_date()) }}
    where status_changes.known_date <= {{ as_of_date() }} and status_changes.new_status <> 'deleted'

),

final as (

    select
        changes.source_name,
        changes.ticket_id,
        row_number() over one_ticket as change_number,
        coalesce(lag(changes.is_resolved) over one_ticket, false) as was_resolved,
        changes.is_resolved,
        changes.changed_at
    from changes
    window one_ticket as (
        partition by changes.source_name, changes.ticket_id
        order by {{ in_order('changes.changed_at', 'changes.status_change_id') }}
    )

)

select * from final
