with missing_fields as (

    select * from {{ ref('int_missing_fields_found') }}

),

components as (

    select * from {{ ref('fct_health_score_components') }}

),

fields as (

    select * from {{ ref('input_fields') }}

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

weighed as (

    select
        missing_fields.account_id,
        missing_fields.score_id,
        missing_fields.input_column,
        missing_fields.missing_reason,
        sum(missing_fields.weight) as needed_weight,
        coalesce(sum(missing_fields.weight) filter (where missing_fields.field_count = 1), 0) as unlocked_weight
    from missing_fields
    group by
        missing_fields.account_id,
        missing_fields.score_id,
        missing_fields.input_column,
        missing_fields.missing_reason

),

final as (

    select
        weighed.account_id,
        weighed.score_id,
        weighed.input_column,
        weighed.missing_reason,
        fields.filled_by,
        fields.how_english,
        fields.how_japanese,
        {{ ratio('weighed.needed_weight', 'totals.total_weight', 9, 6) }} as needed_weight_rate,
        {{ ratio('weighed.unlocked_weight', 'totals.total_weight', 9, 6) }} as unlocked_weight_rate,
        {{ as_of_date() }} as as_of_date
    from weighed
    inner join totals on weighed.account_id = totals.account_id and weighed.score_id = totals.score_id
    inner join fields on weighed.input_column = fields.input_column

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
