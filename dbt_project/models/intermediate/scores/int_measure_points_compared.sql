-- The points of the run's days beside those of 7 and of 28 days before; null where the account was not scored then.
with points as (

    select
        told.*,
        coalesce(told.segment, '*') as known_segment
    from {{ ref('int_measure_points_read') }} as told

),

final as (

    select
        points.account_id,
        points.date_day,
        points.known_segment as segment,
        points.stage_id,
        points.measure_id,
        points.value,
        points.points,
        points.missing_reason,
        before_7d.points as points_7d_before,
        before_7d.known_segment as segment_7d_before,
        before_7d.stage_id as stage_id_7d_before,
        before_28d.points as points_28d_before,
        before_28d.known_segment as segment_28d_before,
        before_28d.stage_id as stage_id_28d_before
    from points
    left join points as before_7d
        on
            points.account_id = before_7d.account_id
            and points.measure_id = before_7d.measure_id
            and points.date_day = {{ days_after('before_7d.date_day', 7) }}
            and before_7d.date_day >= {{ days_before(from_date(), 7) }}
            and before_7d.date_day <= {{ days_before(to_date(), 7) }}
    left join points as before_28d
        on
            points.account_id = before_28d.account_id
            and points.measure_id = before_28d.measure_id
            and points.date_day = {{ days_after('before_28d.date_day', 28) }}
            and before_28d.date_day >= {{ days_before(from_date(), 28) }}
            and before_28d.date_day <= {{ days_before(to_date(), 28) }}
    where {{ in_run('points.date_day') }}

)

select * from final
