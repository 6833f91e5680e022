with components as (

    select * from {{ ref('fct_health_score_components') }}

),

measures as (

    select * from {{ ref('health_measures') }}

),

fields as (

    select * from {{ ref('input_fields') }}

),

columns_fed as (

    select * from {{ ref('int_columns_fed') }}

),

totals as (

    select
        components.account_id,
        components.score_id,
        sum(components.weight) as total_weight
    from components
    where components.score_date = {{ as_of_date() }}
    group by components.account_id, components.score_id

),

-- Of a measure without source only the columns that nobody delivers; of one without a recent value all it rests on.
missing_fields as (

    select
        components.account_id,
        components.score_id,
        components.measure_id,
        components.missing_reason,
        components.weight,
        fields.input_column,
        fields.filled_by,
        fields.how_english,
        fields.how_japanese
    from components
    inner join measures on components.measure_id = measures.measure_id
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

fields_counted as (

    select
        missing_fields.account_id,
        missing_fields.score_id,
        missing_fields.measure_id,
        count(*) as field_count
    from missing_fields
    group by missing_fields.account_id, missing_fields.score_id, missing_fields.measure_id

),

final as (

    select
        missing_fields.account_id,
        missing_fields.score_id,
        missing_fields.input_column,
        missing_fields.missing_reason,
        missing_fields.filled_by,
        missing_fields.how_english,
        missing_fields.how_japanese,
        {{ ratio('sum(missing_fields.weight)', 'totals.total_weight', 9, 6) }} as needed_weight_rate,
        {{ ratio(
            'coalesce(sum(missing_fields.weight) filter (where fields_counted.field_count = 1), 0)',
            'totals.total_weight', 9, 6
        ) }} as unlocked_weight_rate,
        {{ as_of_date() }} as as_of_date
    from missing_fields
    inner join fields_counted
        on
            missing_fields.account_id = fields_counted.account_id
            and missing_fields.score_id = fields_counted.score_id
            and missing_fields.measure_id = fields_counted.measure_id
    inner join totals
        on missing_fields.account_id = totals.account_id and missing_fields.score_id = totals.score_id
    group by
        missing_fields.account_id,
        missing_fields.score_id,
        missing_fields.input_column,
        missing_fields.missing_reason,
        missing_fields.filled_by,
        missing_fields.how_english,
        missing_fields.how_japanese,
        totals.total_weight

)

select
    final.account_id,
    final.score_id,
    final.input_column,
    final.missing_reason,
    final.filled_by,
    final.how_english,
    final.how_japanese,
    final.needed_weight_rate,
    final.unlocked_weight_rate,
    final.as_of_date
from final
