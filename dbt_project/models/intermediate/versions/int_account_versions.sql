with versions as (

    {{ versions_of(ref('input_accounts'), 'account_id') }}

),

final as (

    select * from versions

)

select * from final
