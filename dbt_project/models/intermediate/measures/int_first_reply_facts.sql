-- The first reply of a ticket is the earliest public message of an agent after its creation among those known by a day:
-- one that becomes known later but was written earlier takes its place from then on. Who writes is judged by what the
-- source told with the message, else by the version of the person in force on its day, or the first one.
with tickets as (

    select * from {{ ref('int_ticket_facts') }}

),

people as (

    select
        versions.source_name,
        versions.person_id,
        versions.person_kind,
        versions.valid_from_date,
        versions.valid_to_date,
        row_number() over (
            partition by versions.source_name, versions.person_id order by versions.valid_from_date
        ) = 1 as is_first
    from {{ ref('int_person_versions') }} as versions

),

messages as (

    select
        messages.source_name,
        messages.ticket_id,
        messages.sent_at,
        greatest(messages.event_date, messages.known_date, people.valid_from_date) as known_date
    from {{ ref('input_ticket_messages') }} as messages
    left join people
        on
            messages.author_kind is null
            and messages.source_name = people.source_name
            and messages.author_id = people.person_id
            and {{ linked_on('people', 'messages.event_date') }}
    where
        messages.sent_at >= {{ days_before(from_date(), 90) }}
        and messages.sent_at < {{ days_after(to_date(), 2) }}
        and messages.event_date between {{ days_before(from_date(), 89) }} and {{ to_date() }}
        and messages.known_date <= {{ to_date() }}
        and coalesce(messages.author_kind, people.person_kind) = 'agent'
        and coalesce(messages.is_public, true)

),

-- By version of the ticket, because it is known there when the ticket was created and whose it is.
replies as (

    select
        tickets.source_name,
        tickets.ticket_id,
        tickets.account_id,
        tickets.created_at,
        tickets.event_date,
        tickets.known_date as version_date,
        tickets.valid_to_date,
        greatest(tickets.known_date, messages.known_date) as from_day,
        min(messages.sent_at) as first_sent_at
    from tickets
    inner join messages
        on
            tickets.source_name = messages.source_name
            and tickets.ticket_id = messages.ticket_id
            and tickets.created_at < messages.sent_at
            and (tickets.valid_to_date is null or tickets.valid_to_date > messages.known_date)
    where tickets.event_date >= {{ days_before(from_date(), 89) }}
    group by
        tickets.source_name, tickets.ticket_id, tickets.account_id, tickets.created_at, tickets.event_date,
        tickets.known_date, tickets.valid_to_date, greatest(tickets.known_date, messages.known_date)

),

final as (

    select
        replies.source_name,
        replies.ticket_id,
        replies.account_id,
        {{ minutes_between('replies.created_at', 'min(replies.first_sent_at) over so_far') }} as first_reply_minutes,
        replies.from_day,
        least(
            {{ days_after('replies.event_date', 89) }},
            {{ days_before('lead(replies.from_day) over one_version', 1) }},
            {{ days_before('replies.valid_to_date', 1) }}
        ) as to_day
    from replies
    window
        one_version as (
            partition by replies.source_name, replies.ticket_id, replies.version_date order by replies.from_day
        ),
        so_far as (
            partition by replies.source_name, replies.ticket_id, replies.version_date order by replies.from_day
            rows between unbounded preceding and current row
        )

)

select * from final
