with registry as (

    {{ seed_versions('health_measures', ['measure_id']) }}

),

segments as (

    select * from {{ ref('int_curve_segments') }}

),

weights as (

    select * from {{ ref('int_weights_profiled') }}

),

final as (

    select
        registry.measure_id,
        registry.maturity_axis
    from registry
    where
        registry.maturity_axis is not null
        and {{ in_force('registry', from_date()) }}
        and (
            not exists (
                select 1
                from segments
                where
                    segments.measure_id = registry.measure_id
                    and {{ in_force('segments', from_date()) }}
            )
            or not exists (
                select 1
                from weights
                where
                    weights.measure_id = registry.measure_id
                    and weights.weight > 0
                    and {{ in_force('weights', from_date()) }}
            )
        )

)

select * from final
