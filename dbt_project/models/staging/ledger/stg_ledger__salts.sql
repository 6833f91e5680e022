with source as (

    select * from {{ source('ledger', 'salts') }}

),

final as (

    select max(salt) as salt
    from source
    where fact_id = (select max(newest.fact_id) from source as newest)

)

select * from final
