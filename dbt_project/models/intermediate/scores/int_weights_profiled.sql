-- The weight that counts for a segment and a stage: the one for both before the one for the segment, that one before
-- the one for the stage, and the one for all last.
with weights as (

    {{ seed_versions('health_weights', ['score_id', 'measure_id', 'segment', 'stage']) }}

),

accounts as (

    select * from {{ ref('int_account_versions') }}

),

stages as (

    select distinct told.stage_id from {{ ref('account_stages') }} as told

),

segments as (

    select '*' as segment
    union
    select accounts.segment
    from accounts
    where accounts.segment is not null

),

changes as (

    select distinct
        weights.score_id,
        weights.measure_id,
        weights.valid_from_date
    from weights

),

candidates as (

    select
        changes.score_id,
        changes.measure_id,
        segments.segment,
        stages.stage_id,
        changes.valid_from_date,
        weights.weight,
        row_number() over (
            partition by
                changes.score_id, changes.measure_id, segments.segment, stages.stage_id, changes.valid_from_date
            order by
                case when weights.segment = '*' then 1 else 0 end,
                case when weights.stage = '*' then 1 else 0 end
        ) as closeness
    from changes
    cross join segments
    cross join stages
    inner join weights
        on
            changes.score_id = weights.score_id
            and changes.measure_id = weights.measure_id
            and weights.segment in ('*', segments.segment)
            and weights.stage in ('*', stages.stage_id)
            and {{ in_force('weights', 'changes.valid_from_date') }}

),

final as (

    select
        candidates.score_id,
        candidates.measure_id,
        candidates.segment,
        candidates.stage_id,
        cast(candidates.weight as numeric(9, 4)) as weight,
        candidates.valid_from_date,
        lead(candidates.valid_from_date) over (
            partition by candidates.score_id, candidates.measure_id, candidates.segment, candidates.stage_id
            order by candidates.valid_from_date
        ) as valid_to_date
    from candidates
    where candidates.closeness = 1

)

select * from final
