with source as (

    select * from {{ source('raw', 'files_contracts') }}

),

final as (

    select
        contract_id,
        account_id,
        plan_name,
        billing_frequency,
        currency_code,
        is_trial,
        seat_count,
        mrr_amount,
        start_date,
        end_date,
        _source_name as source_name,
        _load_number as load_number,
        _is_reconstructed as is_reconstructed,
        _known_at as known_at
    from source

)

select * from final
