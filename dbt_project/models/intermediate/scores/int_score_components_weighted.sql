{{ config(materialized='view') }}

with points as (

    select * from {{ ref('int_measure_points_compared') }}

),

weights as (

    select * from {{ ref('int_weights_profiled') }}

),

final as (

    select
        points.account_id,
        points.date_day as score_date,
        weights.score_id,
        points.measure_id,
        points.value,
        points.points,
        weights.weight,
        points.missing_reason,
        points.points_7d_before,
        points.segment_7d_before,
        points.stage_id_7d_before,
        points.points_28d_before,
        points.segment_28d_before,
        points.stage_id_28d_before
    from points
    inner join weights
        on
            points.measure_id = weights.measure_id
            and points.segment = weights.segment
            and points.stage_id = weights.stage_id
            and {{ in_force('weights', 'points.date_day') }}
    -- A weight of zero takes a measure out of a score.
    where weights.weight > 0

)

select * from final
