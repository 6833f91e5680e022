-- Measures that signals and phases look at, with the reasons of the registry for what is missing.
with points as (

    select * from {{ ref('int_measure_points_read') }}

),

final as (

    select
        points.account_id,
        points.date_day,
        max(points.value) filter (where points.measure_id = 'licence_activation_rate') as licence_activation_rate,
        max(points.value) filter (where points.measure_id = 'low_session_weeks') as low_session_weeks,
        max(points.value) filter (where points.measure_id = 'ladder_rung') as ladder_rung,
        max(points.value) filter (where points.measure_id = 'open_escalations') as open_escalations,
        max(points.value) filter (where points.measure_id = 'success_plan_attainment') as attainment_rate,
        max(points.value) filter (where points.measure_id = 'nps_latest_180d') as nps_points,
        max(points.value) filter (where points.measure_id = 'sales_hearing_points') as sales_hearing_points,
        max(points.value) filter (where points.measure_id = 'csm_hearing_points') as csm_hearing_points
    from points
    where {{ in_run('points.date_day') }}
    group by points.account_id, points.date_day

)

select * from final
