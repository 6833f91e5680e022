with usage_windows as (

    select * from {{ ref('int_usage_windows_counted') }}

),

session_windows as (

    select * from {{ ref('int_session_windows_counted') }}

),

weeks as (

    select * from {{ ref('int_session_weeks_judged') }}

),

features as (

    select * from {{ ref('int_features_counted') }}

),

final as (

    select
        usage_windows.account_id,
        usage_windows.date_day,
        session_windows.session_minutes_7d,
        {{ ratio('session_windows.session_minutes_7d', 'usage_windows.active_user_count_7d', 18, 6) }}
            as session_minutes_per_active_user_7d,
        weeks.low_week_count as low_session_weeks,
        usage_windows.active_day_count_28d as active_days_28d,
        -- While part of the 28 days before lies before the warehouse's first day, every trend would be a rise.
        case
            when {{ days_before('usage_windows.date_day', 55) }} >= {{ history_start_date() }}
                then {{ ratio('usage_windows.use_count_28d', 'usage_windows.use_count_28d_before', 18, 6) }}
        end as usage_trend_28d,
        features.process_used_count as processes_covered_28d
    from usage_windows
    inner join session_windows
        on
            usage_windows.account_id = session_windows.account_id
            and usage_windows.date_day = session_windows.date_day
    inner join features
        on usage_windows.account_id = features.account_id and usage_windows.date_day = features.date_day
    left join weeks
        on
            usage_windows.account_id = weeks.account_id
            and weeks.week_end_date between {{ days_before('usage_windows.date_day', 6) }} and usage_windows.date_day

)

select * from final
