with components as (

    select * from {{ ref('fct_health_score_components') }}

),

scores as (

    select * from {{ ref('fct_health_scores') }}

),

bounds as (

    select
        components.account_id,
        components.score_date,
        components.score_id,
        {{ ratio('sum(components.weight * coalesce(components.points, 0))', 'sum(components.weight)') }}
            as score_low,
        {{ ratio('sum(components.weight * coalesce(components.points, 4))', 'sum(components.weight)') }}
            as score_high,
        {{ ratio('sum(case when components.points is null then 0 else components.weight end)',
                   'sum(components.weight)') }} as coverage_rate
    from components
    where
        {{ in_run('components.score_date') }}
        and coalesce(components.missing_reason, '') <> 'not_applicable'
    group by components.account_id, components.score_date, components.score_id

),

final as (

    select
        scores.account_id,
        scores.score_date,
        scores.score_id,
        scores.score_low,
        scores.score_high,
        scores.coverage_rate
    from scores
    left join bounds
        on
            scores.account_id = bounds.account_id
            and scores.score_date = bounds.score_date
            and scores.score_id = bounds.score_id
    where
        {{ in_run('scores.score_date') }}
        and (
            bounds.account_id is null
            or abs(scores.score_low - bounds.score_low) > 0.000000001
            or abs(scores.score_high - bounds.score_high) > 0.000000001
            or abs(scores.coverage_rate - bounds.coverage_rate) > 0.000000001
        )

)

select * from final
