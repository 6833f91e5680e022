with versions as (

    {{ versions_of(ref('input_tickets'), 'ticket_id') }}

),

final as (

    select * from versions

)

select * from final
