-- A curve as its straight pieces: below the first knot and above the last one its points stay as they are.
with knots as (

    select * from {{ ref('health_curves') }}

),

distinct_starts as (

    select distinct
        knots.measure_id,
        knots.valid_from_date
    from knots

),

versions as (

    select
        distinct_starts.measure_id,
        distinct_starts.valid_from_date,
        lead(distinct_starts.valid_from_date) over (
            partition by distinct_starts.measure_id order by distinct_starts.valid_from_date
        ) as valid_to_date
    from distinct_starts

),

pieces as (

    select
        knots.measure_id,
        knots.valid_from_date,
        knots.knot_value as lower_value,
        knots.points as lower_points,
        lead(knots.knot_value) over piece_order as upper_value,
        lead(knots.points) over piece_order as upper_points,
        row_number() over piece_order as piece_number
    from knots
    window piece_order as (partition by knots.measure_id, knots.valid_from_date order by knots.knot_value)

),

final as (

    select
        pieces.measure_id,
        pieces.valid_from_date,
        versions.valid_to_date,
        pieces.lower_value,
        pieces.lower_points,
        pieces.upper_value,
        pieces.upper_points,
        pieces.piece_number = 1 as is_first
    from pieces
    inner join versions
        on pieces.measure_id = versions.measure_id and pieces.valid_from_date = versions.valid_from_date

)

select * from final
