{{ config(materialized='incremental', meta={'range_column': 'score_date'}) }}

with components as (

    select * from {{ ref('int_score_components_weighted') }}

),

scores as (

    {{ seed_versions('health_scores', ['score_id']) }}

),

bands as (

    {{ seed_versions('health_bands') }}

),

sums as (

    select
        components.account_id,
        components.score_date,
        components.score_id,
        coalesce(sum(cast(components.weight * components.points as numeric(28, 12))), 0) as weighted_points,
        coalesce(
            sum(cast(components.weight as numeric(28, 12))) filter (where components.points is not null), 0
        ) as weight_with_data,
        coalesce(
            sum(cast(components.weight as numeric(28, 12)))
            filter (where coalesce(components.missing_reason, '') <> 'not_applicable'),
            0
        ) as weight_that_applies
    from components
    group by components.account_id, components.score_date, components.score_id

),

scored as (

    select
        sums.account_id,
        sums.score_date,
        sums.score_id,
        sums.weight_with_data,
        {{ ratio('sums.weighted_points', 'sums.weight_with_data') }} as score,
        {{ ratio('sums.weight_with_data', 'sums.weight_that_applies') }} as coverage_rate,
        {{ ratio('sums.weighted_points', 'sums.weight_that_applies') }} as score_low,
        {{ ratio('sums.weighted_points + 4 * (sums.weight_that_applies - sums.weight_with_data)',
                 'sums.weight_that_applies') }} as score_high,
        scores.minimum_coverage_rate
    from sums
    inner join scores on sums.score_id = scores.score_id and {{ in_force('scores', 'sums.score_date') }}

),

final as (

    select
        scored.account_id,
        scored.score_date,
        scored.score_id,
        cast(scored.weight_with_data as numeric(18, 4)) as weight_with_data,
        scored.score,
        scored.coverage_rate,
        scored.score_low,
        scored.score_high,
        min(bands.band_rank) as raw_band_rank
    from scored
    left join bands
        on
            scored.score <= bands.maximum_score
            and scored.coverage_rate >= scored.minimum_coverage_rate
            and {{ in_force('bands', 'scored.score_date') }}
    group by
        scored.account_id, scored.score_date, scored.score_id, scored.weight_with_data, scored.score,
        scored.coverage_rate, scored.score_low, scored.score_high

)

select * from final
