with source as (

    select * from {{ source('raw', 'files_users') }}

),

final as (

    select
        user_id,
        account_id,
        department,
        is_administrator,
        created_at,
        activated_at,
        deactivated_at,
        _source_name as source_name,
        _load_number as load_number,
        _is_reconstructed as is_reconstructed,
        _known_at as known_at
    from source

)

select * from final
