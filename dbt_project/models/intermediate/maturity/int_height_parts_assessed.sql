-- The assessment that gives the measure of height its value gives each part its own; a part that it leaves out is as
-- old as that assessment.
with points as (

    select *
    from {{ ref('int_measure_points_read') }}
    where measure_id = 'strategy_height'

),

statements as (

    select * from {{ ref('int_statements_averaged') }}

),

assessments as (

    select * from {{ ref('int_strategy_assessment_versions') }}

),

parts as (

    select 'strategy' as part_id
    union all
    select 'organisation' as part_id
    union all
    select 'people' as part_id

),

told as (

    select
        points.account_id,
        points.date_day as month_end_date,
        parts.part_id,
        points.missing_reason,
        case
            when points.missing_reason is not null then null
            when parts.part_id = 'strategy' then assessments.strategy_points
            when parts.part_id = 'organisation' then assessments.organisation_points
            else assessments.people_points
        end as told_points
    from points
    cross join parts
    left join statements on points.account_id = statements.account_id and points.date_day = statements.date_day
    left join assessments
        on
            statements.strategy_source_name = assessments.source_name
            and statements.strategy_assessment_id = assessments.assessment_id
            and {{ in_force('assessments', 'points.date_day') }}
    where
        {{ in_run('points.date_day') }}
        and points.date_day = {{ dbt.last_day('points.date_day', 'month') }}

),

final as (

    select
        told.account_id,
        told.month_end_date,
        told.part_id,
        case when told.told_points is not null then least(greatest(told.told_points, 0), 4) end as score,
        case when told.told_points is null then coalesce(told.missing_reason, 'stale') end as missing_reason
    from told

)

select * from final
