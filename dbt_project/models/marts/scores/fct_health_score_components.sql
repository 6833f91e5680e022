{{ config(materialized='incremental', meta={'range_column': 'score_date'}) }}

with components as (

    select * from {{ ref('int_score_components_weighted') }}

),

summed as (

    select * from {{ ref('int_health_scores_summed') }}

),

shared as (

    select
        components.*,
        {{ ratio('components.weight', 'summed.weight_with_data') }} as weight_share
    from components
    inner join summed
        on
            components.account_id = summed.account_id
            and components.score_date = summed.score_date
            and components.score_id = summed.score_id

),

final as (

    select
        shared.account_id,
        shared.score_date,
        shared.score_id,
        shared.measure_id,
        shared.missing_reason,
        shared.value,
        shared.points,
        shared.weight,
        cast(round(shared.weight_share * shared.points, 12) as numeric(18, 12)) as contribution,
        shared.points_28d_before,
        cast(
            round(shared.weight_share * (shared.points - shared.points_28d_before), 12) as numeric(18, 12)
        ) as change_28d
    from shared

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
