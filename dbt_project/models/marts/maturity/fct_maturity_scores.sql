{{ config(materialized='incremental', meta={'range_column': 'month_end_date'}) }}

with parts as (

    select * from {{ ref('int_maturity_parts_scored') }}

),

axes as (

    select * from {{ ref('int_maturity_axes_scored') }}

),

labels as (

    {{ seed_versions('maturity_parts', ['axis_id', 'part_id']) }}

),

united as (

    select
        parts.account_id,
        parts.month_end_date,
        parts.axis_id,
        parts.part_id,
        parts.score,
        parts.measure_count,
        parts.missing_reason
    from parts
    union all
    select
        axes.account_id,
        axes.month_end_date,
        axes.axis_id,
        cast(null as {{ dbt.type_string() }}) as part_id,
        axes.score,
        axes.measure_count,
        axes.missing_reason
    from axes

)

select
    united.account_id,
    united.month_end_date,
    united.axis_id,
    united.part_id,
    labels.name_english,
    labels.name_japanese,
    united.score,
    united.measure_count,
    united.missing_reason
from united
left join labels
    on
        united.axis_id = labels.axis_id
        and coalesce(united.part_id, united.axis_id) = labels.part_id
        and {{ in_force('labels', 'united.month_end_date') }}
where {{ in_run('united.month_end_date') }}
