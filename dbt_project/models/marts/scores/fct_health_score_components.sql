{{ config(materialized='incremental', meta={'range_column': 'score_date'}) }}

with components as (

    select * from {{ ref('int_score_components_weighted') }}

),

summed as (

    select * from {{ ref('int_health_scores_summed') }}

),

final as (

    select
        components.account_id,
        components.score_date,
        components.score_id,
        components.measure_id,
        components.missing_reason,
        components.value,
        components.points,
        components.weight,
        {{ ratio('components.weight * components.points', 'summed.weight_with_data') }} as contribution,
        components.points_28d_before,
        {{ ratio('components.weight * (components.points - components.points_28d_before)', 'summed.weight_with_data') }}
            as change_28d
    from components
    inner join summed
        on
            components.account_id = summed.account_id
            and components.score_date = summed.score_date
            and components.score_id = summed.score_id

)

select
    final.account_id,
    final.score_date,
    final.score_id,
    final.measure_id,
    final.missing_reason,
    final.value,
    final.points,
    final.weight,
    final.contribution,
    final.points_28d_before,
    final.change_28d
from final
