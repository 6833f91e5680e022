with versions as (

    {{ versions_of(ref('input_users'), 'user_id') }}

),

final as (

    select * from versions

)

select * from final
