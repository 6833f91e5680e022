with source as (

    select * from {{ source('ledger', 'check_results') }}

),

final as (

    select
        run_id,
        stage,
        table_name,
        check_name,
        policy,
        outcome,
        message,
        failing_rows,
        owner,
        remedy,
        rows_scanned,
        failing_row_count,
        as_of_date,
        checked_at,
        checked_at = max(checked_at) over (partition by stage, table_name) as is_newest
    from source

)

select * from final
