-- Two ways to one number: the change from the two scores, and from its parts; the input part from the measures.
with scores as (

    select * from {{ ref('fct_health_scores') }}

),

components as (

    select * from {{ ref('fct_health_score_components') }}

),

by_measure as (

    select
        components.account_id,
        components.score_date,
        components.score_id,
        coalesce(sum(components.change_28d), 0) as change_28d
    from components
    where {{ in_run('components.score_date') }}
    group by components.account_id, components.score_date, components.score_id

),

final as (

    select
        scores.account_id,
        scores.score_date,
        scores.score_id,
        scores.change_28d,
        scores.input_change_28d,
        by_measure.change_28d as change_of_measures_28d,
        scores.score - before_28.score as change_of_scores_28d
    from scores
    inner join by_measure
        on
            scores.account_id = by_measure.account_id
            and scores.score_date = by_measure.score_date
            and scores.score_id = by_measure.score_id
    left join scores as before_7
        on
            scores.account_id = before_7.account_id
            and scores.score_id = before_7.score_id
            and before_7.score_date = {{ days_before('scores.score_date', 7) }}
    left join scores as before_28
        on
            scores.account_id = before_28.account_id
            and scores.score_id = before_28.score_id
            and before_28.score_date = {{ days_before('scores.score_date', 28) }}
    where
        {{ in_run('scores.score_date') }}
        and (
            scores.change_7d is distinct from scores.score - before_7.score
            or scores.change_28d is distinct from scores.score - before_28.score
            or scores.change_7d
            <> scores.coverage_change_7d + scores.weight_change_7d + scores.input_change_7d
            or scores.change_28d
            <> scores.coverage_change_28d + scores.weight_change_28d + scores.input_change_28d
            or abs(scores.input_change_28d - by_measure.change_28d) > 0.000000001
        )

)

select * from final
