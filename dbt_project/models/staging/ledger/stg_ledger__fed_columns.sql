with source as (

    select * from {{ source('ledger', 'fed_columns') }}

),

final as (

    select
        source_name,
        entity,
        column_name,
        first_load_number
    from source

)

select * from final
