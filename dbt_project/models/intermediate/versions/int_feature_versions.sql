with versions as (

    {{ versions_of(ref('input_features'), 'feature_id') }}

),

final as (

    select * from versions

)

select * from final
