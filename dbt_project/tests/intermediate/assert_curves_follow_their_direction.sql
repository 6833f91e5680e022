with registry as (

    select distinct
        measures.measure_id,
        measures.direction
    from {{ ref('health_measures') }} as measures

),

segments as (

    select * from {{ ref('int_curve_segments') }}

),

curves as (

    select
        segments.measure_id,
        segments.valid_from_date,
        count(*) as knot_count,
        count(*) filter (where segments.lower_points not between 0 and 4) as outside_count,
        count(*) filter (where segments.upper_points > segments.lower_points) as rising_count,
        count(*) filter (where segments.upper_points < segments.lower_points) as falling_count
    from segments
    group by segments.measure_id, segments.valid_from_date

),

final as (

    select
        curves.measure_id,
        curves.valid_from_date,
        registry.direction,
        curves.knot_count,
        curves.outside_count,
        curves.rising_count,
        curves.falling_count
    from curves
    inner join registry on curves.measure_id = registry.measure_id
    where
        curves.knot_count < 2
        or curves.outside_count > 0
        or (registry.direction in ('up', 'middle') and curves.rising_count = 0)
        or (registry.direction in ('down', 'middle') and curves.falling_count = 0)
        or (registry.direction = 'up' and curves.falling_count > 0)
        or (registry.direction = 'down' and curves.rising_count > 0)

)

select * from final
