with source as (

    select * from {{ source('raw', 'files_accounts') }}

),

final as (

    select
        account_id,
        account_name,
        segment,
        industry,
        country,
        acquisition_channel,
        plan_name,
        parent_account_id,
        is_test,
        signed_up_date,
        _source_name as source_name,
        _load_number as load_number,
        _is_reconstructed as is_reconstructed,
        _known_at as known_at
    from source

)

select * from final
