with source as (

    select * from {{ source('ledger', 'runs') }}

),

final as (

    select
        run_id,
        stage,
        status,
        publish_id,
        message,
        duration_seconds,
        row_count,
        from_date,
        to_date,
        started_at
    from source

)

select * from final
