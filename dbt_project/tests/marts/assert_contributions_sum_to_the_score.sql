with components as (

    select * from {{ ref('fct_health_score_components') }}

),

scores as (

    select * from {{ ref('fct_health_scores') }}

),

summed as (

    select
        components.account_id,
        components.score_date,
        components.score_id,
        sum(components.contribution) as contribution
    from components
    where {{ in_run('components.score_date') }}
    group by components.account_id, components.score_date, components.score_id

),

final as (

    select
        scores.account_id,
        scores.score_date,
        scores.score_id,
        scores.score,
        summed.contribution
    from scores
    left join summed
        on
            scores.account_id = summed.account_id
            and scores.score_date = summed.score_date
            and scores.score_id = summed.score_id
    where
        {{ in_run('scores.score_date') }}
        and (
            (scores.score is null) <> (summed.contribution is null)
            or abs(scores.score - summed.contribution) > 0.000000001
        )

)

select * from final
