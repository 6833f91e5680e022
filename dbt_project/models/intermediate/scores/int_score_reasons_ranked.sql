-- A measure lifts a score where it has more than the two points in the middle of the scale, and lowers it below them,
-- by its weight. It moved the score by the weight of what its points have gained or lost in 28 days.
with components as (

    select * from {{ ref('int_score_components_weighted') }}

),

-- Of two effects of one size that of the measure first in the alphabet comes first; effects have ten decimals.
places as (

    select
        listed.measure_id,
        row_number() over (order by listed.measure_id) * cast(0.000000000001 as numeric(13, 12)) as tie_break
    from (select distinct measures.measure_id from {{ ref('health_measures') }} as measures) as listed

),

summed as (

    select * from {{ ref('int_health_scores_summed') }}

),

effects as (

    {{ weighed_effects() }}

),

ranked as (

    select
        effects.*,
        row_number() over (
            partition by effects.account_id, effects.score_date, effects.score_id, effects.reason_kind
            order by abs(effects.effect) - places.tie_break desc
        ) as reason_rank
    from effects
    inner join places on effects.measure_id = places.measure_id

),

final as (

    select
        ranked.account_id,
        ranked.score_date,
        ranked.score_id,
        ranked.reason_kind,
        ranked.reason_rank,
        ranked.measure_id,
        ranked.value,
        ranked.points,
        ranked.points_28d_before,
        ranked.effect
    from ranked
    where ranked.reason_rank <= 3

)

select * from final
