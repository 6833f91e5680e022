{{ config(materialized='incremental', meta={'range_column': 'month_end_date'}) }}

with points as (

    select * from {{ ref('int_measure_points_read') }}

),

registry as (

    select * from {{ ref('health_measures') }}

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
        {% for axis in ['depth', 'breadth'] -%}
        {%- set on_axis = "filter (where registry.maturity_axis = '" ~ axis ~ "')" -%}
        {{ ratio('sum(points.points) ' ~ on_axis, 'count(points.points) ' ~ on_axis, 9, 6) }} as {{ axis }}_score
        {{- "," if not loop.last }}
        {% endfor %}
    from points
    inner join month_ends on points.date_day = month_ends.month_end_date
    inner join registry on points.measure_id = registry.measure_id
    group by points.account_id, month_ends.month_end_date

)

select * from final
