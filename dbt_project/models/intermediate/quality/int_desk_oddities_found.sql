with tickets as (

    select * from {{ ref('int_tickets_timed') }}

),

schedule_versions as (

    select * from {{ ref('int_working_schedule_versions') }}

),

messages as (

    select * from {{ ref('input_ticket_messages') }}

),

final as (

    select
        'ticket_of_unknown_schedule' as oddity_id,
        tickets.source_name,
        tickets.ticket_id as record_id,
        tickets.account_id
    from tickets
    where
        tickets.schedule_id is not null
        and not exists (
            select 1 from schedule_versions
            where
                schedule_versions.schedule_id = tickets.schedule_id
                and schedule_versions.valid_from_date <= {{ as_of_date() }}
        )
    union all
    select
        'message_before_ticket' as oddity_id,
        messages.source_name,
        messages.event_key as record_id,
        tickets.account_id
    from messages
    inner join tickets on messages.source_name = tickets.source_name and messages.ticket_id = tickets.ticket_id
    where messages.known_date <= {{ as_of_date() }} and messages.sent_at < tickets.created_at

)

select * from final
