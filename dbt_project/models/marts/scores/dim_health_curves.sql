with knots as (

    {{ seed_versions('health_curves', ['measure_id']) }}

),

final as (

    select
        knots.measure_id,
        knots.knot_value,
        knots.points,
        knots.valid_from_date
    from knots
    where {{ in_force('knots', as_of_date()) }}

)

select
    final.measure_id,
    final.knot_value,
    final.points,
    final.valid_from_date
from final
