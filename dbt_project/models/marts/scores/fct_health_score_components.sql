{{ config(materialized='incremental', meta={'range_column': 'score_date'}) }}

with components as (

    select * from {{ ref('int_score_components_weighted') }}

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
        components.contribution
    from components

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
    final.contribution
from final
