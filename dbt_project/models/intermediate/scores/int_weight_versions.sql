with weights as (

    select * from {{ ref('health_weights') }}

),

final as (

    select
        weights.score_id,
        weights.measure_id,
        weights.segment,
        weights.weight,
        weights.valid_from_date,
        lead(weights.valid_from_date) over (
            partition by weights.score_id, weights.measure_id, weights.segment order by weights.valid_from_date
        ) as valid_to_date
    from weights

)

select * from final
