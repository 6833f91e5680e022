with source as (

    select * from {{ source('ledger', 'source_states') }}

),

final as (

    select
        source_name,
        entity,
        state,
        message,
        {{ business_date('since_at') }} as since_date,
        {{ business_date('lead(since_at) over (partition by source_name, entity order by since_at, fact_id)') }}
            as until_date
    from source

)

select * from final
