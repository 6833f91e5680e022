with fed_columns as (

    select * from {{ ref('stg_ledger__fed_columns') }}

),

final as (

    select distinct concat(fed_columns.entity, '.', fed_columns.column_name) as input_column
    from fed_columns

)

select * from final
