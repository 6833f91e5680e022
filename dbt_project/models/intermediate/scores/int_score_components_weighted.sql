with points as (

    select * from {{ ref('int_measure_points_read') }}

),

weights as (

    select * from {{ ref('int_weight_versions') }}

),

candidates as (

    select
        points.account_id,
        points.date_day as score_date,
        weights.score_id,
        points.measure_id,
        points.value,
        points.points,
        cast(weights.weight as numeric(9, 4)) as weight,
        points.missing_reason,
        -- A weight for the account's own segment comes before the one for all.
        row_number() over (
            partition by points.account_id, points.date_day, weights.score_id, points.measure_id
            order by case when weights.segment = '*' then 1 else 0 end
        ) as weight_rank
    from points
    inner join weights
        on
            points.measure_id = weights.measure_id
            and {{ in_force('weights', 'points.date_day') }}
            and weights.segment in ('*', points.segment)

),

weighted as (

    select
        candidates.*,
        sum(case when candidates.value is not null then cast(candidates.weight as numeric(28, 12)) else 0 end) over (
            partition by candidates.account_id, candidates.score_date, candidates.score_id
        ) as weight_with_data
    from candidates
    where candidates.weight_rank = 1

),

final as (

    select
        weighted.account_id,
        weighted.score_date,
        weighted.score_id,
        weighted.measure_id,
        weighted.value,
        weighted.points,
        weighted.weight,
        {{ ratio('weighted.weight * weighted.points', 'weighted.weight_with_data') }} as contribution,
        weighted.missing_reason
    from weighted

)

select * from final
