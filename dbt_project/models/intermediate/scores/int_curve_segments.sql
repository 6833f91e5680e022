-- A curve as its straight pieces: below the first knot and above the last one its points stay as they are.
with knots as (

    {{ seed_versions('health_curves', ['measure_id']) }}

),

final as (

    select
        knots.measure_id,
        knots.valid_from_date,
        knots.valid_to_date,
        knots.knot_value as lower_value,
        knots.points as lower_points,
        lead(knots.knot_value) over piece_order as upper_value,
        lead(knots.points) over piece_order as upper_points,
        row_number() over piece_order = 1 as is_first
    from knots
    window piece_order as (partition by knots.measure_id, knots.valid_from_date order by knots.knot_value)

)

select * from final
