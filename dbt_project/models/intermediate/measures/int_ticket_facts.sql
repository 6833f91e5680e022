-- A ticket that is known to be deleted counts no more. A source that tells no status has resolved what it gives a time
-- of resolution.
with tickets as (

    select * from {{ ref('int_ticket_versions') }}

),

final as (

    select
        tickets.source_name,
        tickets.ticket_id,
        tickets.account_id,
        case
            when tickets.status is null then tickets.resolved_at is null
            else not {{ is_resolved_status('tickets.status') }}
        end as is_open,
        coalesce(tickets.is_escalated, false) as is_escalated,
        tickets.created_at,
        {{ business_date('tickets.created_at') }} as event_date,
        tickets.valid_from_date as known_date,
        tickets.valid_to_date
    from tickets
    where
        not coalesce(tickets.is_deleted, false)
        and not coalesce(tickets.status = 'deleted', false)
        and tickets.account_id is not null

)

select * from final
