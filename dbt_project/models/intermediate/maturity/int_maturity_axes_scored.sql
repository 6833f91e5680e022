{{ config(materialized='incremental', meta={'range_column': 'month_end_date'}) }}

with points as (

    select * from {{ ref('int_measure_points_read') }}

),

registry as (

    {{ seed_versions('health_measures', ['measure_id']) }}

),

month_ends as (

    select spine.date_day as month_end_date
    from ({{ days_between(from_date(), to_date()) }}) as spine
    where spine.date_day = {{ dbt.last_day('spine.date_day', 'month') }}

),

final as (

    select
        points.account_id,
        month_ends.month_end_date,
        {{ ratio("sum(points.points) filter (where registry.maturity_axis = 'depth')",
                 "count(points.points) filter (where registry.maturity_axis = 'depth')", 9, 6) }} as depth_score,
        {{ ratio("sum(points.points) filter (where registry.maturity_axis = 'breadth')",
                 "count(points.points) filter (where registry.maturity_axis = 'breadth')", 9, 6) }} as breadth_score
    from points
    inner join month_ends on points.date_day = month_ends.month_end_date
    inner join registry
        on points.measure_id = registry.measure_id and {{ in_force('registry', 'points.date_day') }}
    group by points.account_id, month_ends.month_end_date

)

select * from final
