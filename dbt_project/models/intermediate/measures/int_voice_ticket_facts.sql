with voice_tickets as (

    select * from {{ ref('int_voice_ticket_versions') }}

),

final as (

    select
        voice_tickets.source_name,
        voice_tickets.voice_ticket_id,
        voice_tickets.account_id,
        {{ business_date('voice_tickets.received_at') }} as event_date,
        voice_tickets.valid_from_date as known_date,
        voice_tickets.valid_to_date
    from voice_tickets
    where voice_tickets.account_id is not null

)

select * from final
