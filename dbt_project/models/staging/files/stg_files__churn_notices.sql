with source as (

    select * from {{ source('raw', 'files_churn_notices') }}

),

final as (

    select
        churn_notice_id,
        account_id,
        reason_code,
        notice_date,
        churn_date,
        _source_name as source_name,
        _load_number as load_number,
        _is_reconstructed as is_reconstructed,
        _known_at as known_at
    from source

)

select * from final
