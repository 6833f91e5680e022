-- What moved a score since 7 and since 28 days before, in this order: which measures have data (coverage), how much
-- they weigh (weight), what they are (input). Each step changes one thing and keeps the rest as it was; a measure
-- without former points has those of now. The parts sum to the change: each is the difference of two scores.
with components as (

    select * from {{ ref('int_score_components_weighted') }}

),

weights as (

    select * from {{ ref('int_weights_profiled') }}

),

scores as (

    select * from {{ ref('int_health_scores_summed') }}

),

compared as (

    {{ components_and_before('components', [7, 28]) }}

),

sums as (

    select
        compared.account_id,
        compared.score_date,
        compared.score_id,
        compared.days,
        compared.before_date,
        sum(cast(weights.weight * compared.kept_points as numeric(28, 12))) as points_by_old_weight,
        sum(cast(weights.weight as numeric(28, 12))) as old_weight,
        sum(cast(compared.weight * compared.kept_points as numeric(28, 12))) as points_by_weight
    from compared
    left join weights
        on
            compared.score_id = weights.score_id
            and compared.measure_id = weights.measure_id
            and compared.before_segment = weights.segment
            and compared.before_stage_id = weights.stage_id
            and {{ in_force('weights', 'compared.before_date') }}
    group by compared.account_id, compared.score_date, compared.score_id, compared.days, compared.before_date

),

stepped as (

    select
        sums.account_id,
        sums.score_date,
        sums.score_id,
        sums.days,
        scores.score,
        before_scores.score as score_before,
        {{ ratio('sums.points_by_old_weight', 'sums.old_weight') }} as score_by_old_weight,
        {{ ratio('sums.points_by_weight', 'scores.weight_with_data') }} as score_by_weight
    from sums
    inner join scores
        on
            sums.account_id = scores.account_id
            and sums.score_date = scores.score_date
            and sums.score_id = scores.score_id
    inner join scores as before_scores
        on
            sums.account_id = before_scores.account_id
            and sums.score_id = before_scores.score_id
            and sums.before_date = before_scores.score_date
            and before_scores.score is not null
            and before_scores.score_date >= {{ days_before(from_date(), 28) }}

),

final as (

    select
        stepped.account_id,
        stepped.score_date,
        stepped.score_id,
        {{ changes_over([7, 28]) }}
    from stepped
    group by stepped.account_id, stepped.score_date, stepped.score_id

)

select * from final
