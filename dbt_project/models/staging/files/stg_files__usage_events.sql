with source as (

    select * from {{ source('raw', 'files_usage_events') }}

),

final as (

    select
        event_id,
        account_id,
        user_id,
        contract_id,
        feature_id,
        event_at,
        event_count,
        active_seconds,
        record_change_count,
        _record_key as event_key,
        _source_name as source_name,
        _load_number as load_number,
        _is_reconstructed as is_reconstructed,
        _known_at as known_at
    from source

)

select * from final
