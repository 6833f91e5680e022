with measures as (

    select distinct
        registry.measure_id,
        registry.required_inputs
    from {{ ref('health_measures') }} as registry

),

fields as (

    select * from {{ ref('input_fields') }}

)

select
    measures.measure_id,
    measures.required_inputs
from measures
left join fields
    on position(concat(' ', fields.input_column, ' ') in concat(' ', measures.required_inputs, ' ')) > 0
group by measures.measure_id, measures.required_inputs
having
    count(fields.input_column)
    <> length(measures.required_inputs) - length(replace(measures.required_inputs, ' ', '')) + 1
