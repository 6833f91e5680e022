with versions as (

    {{ versions_of(ref('input_contracts'), 'contract_id') }}

),

final as (

    select * from versions

)

select * from final
