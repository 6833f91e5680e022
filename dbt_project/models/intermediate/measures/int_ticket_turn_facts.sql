-- A solution counts for 90 days; an opening after it counts as long as the solution does. Closing what was solved is no
-- new solution, and neither a deletion nor taking it back is a turn.
with tickets as (

    select * from {{ ref('int_ticket_facts') }}

),

changes as (

    select
        changes.source_name,
        changes.ticket_id,
        changes.changed_at,
        changes.event_date,
        changes.known_date,
        {{ is_resolved_status('changes.new_status') }}
        and not coalesce({{ is_resolved_status('changes.old_status') }} or changes.old_status = 'deleted', false)
            as is_solution,
        coalesce({{ is_resolved_status('changes.old_status') }}, false)
        and not ({{ is_resolved_status('changes.new_status') }} or changes.new_status = 'deleted') as is_opening
    from {{ ref('input_ticket_status_changes') }} as changes
    where
        changes.changed_at >= {{ days_before(from_date(), 90) }}
        and changes.changed_at < {{ days_after(to_date(), 2) }}
        and changes.event_date between {{ days_before(from_date(), 89) }} and {{ to_date() }}
        and changes.known_date <= {{ to_date() }}

),

turns as (

    select
        solutions.source_name,
        solutions.ticket_id,
        false as is_opened_again,
        greatest(solutions.event_date, solutions.known_date) as from_day,
        {{ days_after('solutions.event_date', 89) }} as to_day
    from changes as solutions
    where solutions.is_solution
    union all
    select
        solutions.source_name,
        solutions.ticket_id,
        true as is_opened_again,
        greatest(openings.event_date, openings.known_date, solutions.known_date) as from_day,
        {{ days_after('solutions.event_date', 89) }} as to_day
    from changes as solutions
    inner join changes as openings
        on
            solutions.source_name = openings.source_name
            and solutions.ticket_id = openings.ticket_id
            and solutions.changed_at <= openings.changed_at
    where solutions.is_solution and openings.is_opening

),

final as (

    select distinct
        tickets.account_id,
        {{ surrogate_key(['turns.source_name', 'turns.ticket_id']) }} as ticket_key,
        turns.is_opened_again,
        greatest(turns.from_day, tickets.known_date) as from_day,
        least(turns.to_day, {{ days_before('tickets.valid_to_date', 1) }}) as to_day
    from turns
    inner join tickets
        on
            turns.source_name = tickets.source_name
            and turns.ticket_id = tickets.ticket_id
            and turns.to_day >= tickets.known_date
            and (tickets.valid_to_date is null or turns.from_day < tickets.valid_to_date)

)

select * from final
