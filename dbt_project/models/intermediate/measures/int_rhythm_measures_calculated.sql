with usage_windows as (

    select * from {{ ref('int_usage_windows_counted') }}

),

final as (

    select
        usage_windows.account_id,
        usage_windows.date_day,
        usage_windows.active_day_count_28d as active_days_28d,
        {{ ratio('usage_windows.active_seconds_7d', '60', 18, 6) }} as active_minutes_7d
    from usage_windows

)

select * from final
