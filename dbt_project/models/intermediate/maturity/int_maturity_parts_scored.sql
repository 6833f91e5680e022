{{ config(materialized='incremental', meta={'range_column': 'month_end_date'}) }}

with points as (

    select * from {{ ref('int_measure_points_read') }}

),

registry as (

    {{ seed_versions('health_measures', ['measure_id']) }}

),

heights as (

    select * from {{ ref('int_height_parts_assessed') }}

),

month_ends as (

    select spine.date_day as month_end_date
    from ({{ days_between(from_date(), to_date()) }}) as spine
    where spine.date_day = {{ dbt.last_day('spine.date_day', 'month') }}

),

told as (

    select
        points.account_id,
        month_ends.month_end_date,
        registry.maturity_axis as axis_id,
        registry.maturity_part as part_id,
        points.points as score,
        points.missing_reason
    from points
    inner join month_ends on points.date_day = month_ends.month_end_date
    inner join registry
        on points.measure_id = registry.measure_id and {{ in_force('registry', 'points.date_day') }}
    where registry.maturity_axis is not null
    union all
    select
        heights.account_id,
        heights.month_end_date,
        'height' as axis_id,
        heights.part_id,
        heights.score,
        heights.missing_reason
    from heights

),

final as (

    select
        told.account_id,
        told.month_end_date,
        told.axis_id,
        told.part_id,
        {{ ratio('sum(told.score)', 'count(told.score)', 9, 6) }} as score,
        count(told.score) as measure_count,
        {{ missing_reason_of('told') }} as missing_reason
    from told
    group by told.account_id, told.month_end_date, told.axis_id, told.part_id

)

select * from final
