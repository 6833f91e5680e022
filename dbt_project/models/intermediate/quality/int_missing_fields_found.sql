with components as (

    select * from {{ ref('int_score_components_weighted') }}

),

measures as (

    {{ seed_versions('health_measures', ['measure_id']) }}

),

fields as (

    select * from {{ ref('input_fields') }}

),

columns_fed as (

    select * from {{ ref('int_columns_fed') }}

),

-- Of a measure without source only the columns that nobody delivers; of one without a recent value all it rests on.
found as (

    select
        components.account_id,
        components.score_id,
        components.measure_id,
        components.missing_reason,
        components.weight,
        fields.input_column
    from components
    inner join measures
        on components.measure_id = measures.measure_id and {{ in_force('measures', 'components.score_date') }}
    inner join fields
        on position(concat(' ', fields.input_column, ' ') in concat(' ', measures.required_inputs, ' ')) > 0
    left join columns_fed on fields.input_column = columns_fed.input_column
    where
        components.score_date = {{ as_of_date() }}
        and (
            components.missing_reason = 'stale'
            or (components.missing_reason = 'no_source' and columns_fed.input_column is null)
        )

),

counted as (

    select
        found.account_id,
        found.score_id,
        found.measure_id,
        count(*) as field_count
    from found
    group by found.account_id, found.score_id, found.measure_id

),

final as (

    select
        found.account_id,
        found.score_id,
        found.measure_id,
        found.input_column,
        found.missing_reason,
        found.weight,
        counted.field_count
    from found
    inner join counted
        on
            found.account_id = counted.account_id
            and found.score_id = counted.score_id
            and found.measure_id = counted.measure_id

)

select * from final
