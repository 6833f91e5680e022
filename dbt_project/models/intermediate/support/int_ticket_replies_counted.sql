-- Who writes is judged by what they were then: as the source told with the message, else by the version of the person
-- in force on its day, or the first one where the message came before it.
with ticket_versions as (

    select * from {{ ref('int_ticket_versions') }}

),

person_versions as (

    select * from {{ ref('int_person_versions') }}

),

people as (

    select
        person_versions.source_name,
        person_versions.person_id,
        person_versions.person_kind,
        person_versions.valid_from_date,
        person_versions.valid_to_date,
        row_number() over (
            partition by person_versions.source_name, person_versions.person_id order by person_versions.valid_from_date
        ) = 1 as is_first
    from person_versions

),

messages as (

    select
        messages.source_name,
        messages.ticket_id,
        messages.message_id,
        messages.author_id,
        messages.answer_kind,
        messages.sent_at,
        coalesce(messages.author_kind, people.person_kind) = 'agent' as is_by_agent,
        coalesce(messages.is_public, true) and messages.sent_at > tickets.created_at as is_public_after_creation
    from {{ ref('input_ticket_messages') }} as messages
    inner join ticket_versions as tickets
        on
            messages.source_name = tickets.source_name
            and messages.ticket_id = tickets.ticket_id
            and {{ in_force('tickets', as_of_date()) }}
    left join people
        on
            messages.author_kind is null
            and messages.source_name = people.source_name
            and messages.author_id = people.person_id
            and {{ linked_on('people', 'messages.event_date') }}
    where messages.known_date <= {{ as_of_date() }}

),

written_by_agents as (

    select
        messages.source_name,
        messages.ticket_id,
        messages.answer_kind,
        messages.sent_at,
        messages.is_public_after_creation,
        case when lag(messages.author_id) over one_ticket <> messages.author_id then 1 else 0 end as handoff_count,
        row_number() over (
            partition by messages.source_name, messages.ticket_id, messages.is_public_after_creation
            order by {{ in_order('messages.sent_at', 'messages.message_id') }}
        ) as number_of_its_kind
    from messages
    where messages.is_by_agent
    window one_ticket as (
        partition by messages.source_name, messages.ticket_id
        order by {{ in_order('messages.sent_at', 'messages.message_id') }}
    )

),

replies as (

    select
        written_by_agents.source_name,
        written_by_agents.ticket_id,
        min(written_by_agents.sent_at) filter (where written_by_agents.is_public_after_creation) as first_replied_at,
        max(written_by_agents.answer_kind) filter (
            where written_by_agents.is_public_after_creation and written_by_agents.number_of_its_kind = 1
        ) as first_reply_kind,
        count(*) filter (where written_by_agents.is_public_after_creation) as reply_count,
        sum(written_by_agents.handoff_count) as handoff_count
    from written_by_agents
    group by written_by_agents.source_name, written_by_agents.ticket_id

),

written as (

    select distinct
        messages.source_name,
        messages.ticket_id
    from messages

),

final as (

    select
        written.source_name,
        written.ticket_id,
        replies.first_replied_at,
        replies.first_reply_kind,
        coalesce(replies.reply_count, 0) as reply_count,
        cast(coalesce(replies.handoff_count, 0) as bigint) as handoff_count
    from written
    left join replies on written.source_name = replies.source_name and written.ticket_id = replies.ticket_id

)

select * from final
