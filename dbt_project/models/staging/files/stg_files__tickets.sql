with source as (

    select * from {{ source('raw', 'files_tickets') }}

),

final as (

    select
        ticket_id,
        account_id,
        user_id,
        priority,
        satisfaction,
        is_escalated,
        is_deleted,
        first_reply_minutes,
        created_at,
        resolved_at,
        rated_at,
        _source_name as source_name,
        _load_number as load_number,
        _is_reconstructed as is_reconstructed,
        _known_at as known_at
    from source

)

select * from final
