-- The points of the run's days beside those of 7 and of 28 days before; null where the account was not scored then.
with points as (

    select * from {{ ref('int_measure_points_read') }}

),

final as (

    select
        points.account_id,
        points.date_day,
        coalesce(points.segment, '*') as segment,
        points.stage_id,
        points.measure_id,
        points.value,
        points.points,
        points.missing_reason,
        {% for days in [7, 28] -%}
        {%- set before = 'before_' ~ days -%}
        {{ before }}.points as points_{{ days }}d_before,
        case when {{ before }}.account_id is not null then coalesce({{ before }}.segment, '*') end as segment_{{ days }}d_before,
        {{ before }}.stage_id as stage_id_{{ days }}d_before{{ "," if not loop.last }}
        {% endfor %}
    from points
    {% for days in [7, 28] -%}
    {%- set before = 'before_' ~ days -%}
    left join points as {{ before }}
        on
            points.account_id = {{ before }}.account_id
            and points.measure_id = {{ before }}.measure_id
            and {{ days_after(before ~ '.date_day', days) }} = points.date_day
            and {{ before }}.date_day >= {{ days_before(from_date(), days) }}
            and {{ before }}.date_day <= {{ days_before(to_date(), days) }}
    {% endfor -%}
    where {{ in_run('points.date_day') }}

)

select * from final
