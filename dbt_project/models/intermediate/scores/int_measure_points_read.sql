{{ config(materialized='incremental', meta={'range_column': 'date_day'}) }}

with measures as (

    select * from {{ ref('int_measures_listed') }}

),

segments as (

    select * from {{ ref('int_curve_segments') }}

),

final as (

    select
        measures.account_id,
        measures.date_day,
        measures.segment,
        measures.stage_id,
        measures.measure_id,
        measures.value,
        cast(
            case
                when measures.value <= segments.lower_value or segments.upper_value is null then segments.lower_points
                else
                    segments.lower_points
                    + {{ ratio('(measures.value - segments.lower_value) '
                               ~ '* (segments.upper_points - segments.lower_points)',
                               'segments.upper_value - segments.lower_value', 9, 6) }}
            end as numeric(9, 6)
        ) as points,
        measures.missing_reason
    from measures
    left join segments
        on
            measures.measure_id = segments.measure_id
            and {{ in_force('segments', 'measures.date_day') }}
            and measures.value is not null
            and (segments.is_first or measures.value >= segments.lower_value)
            and (segments.upper_value is null or measures.value < segments.upper_value)

)

select * from final
