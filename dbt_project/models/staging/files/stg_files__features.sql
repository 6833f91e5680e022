with source as (

    select * from {{ source('raw', 'files_features') }}

),

final as (

    select
        feature_id,
        feature_name,
        feature_kind,
        process_name,
        _source_name as source_name,
        _load_number as load_number,
        _is_reconstructed as is_reconstructed,
        _known_at as known_at
    from source

)

select * from final
