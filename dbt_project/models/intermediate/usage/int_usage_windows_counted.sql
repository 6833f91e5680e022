with days as (

    select * from {{ ref('int_account_days_listed') }}

),

counted as (

    {{ figures_in_window(ref('int_usage_recent_facts'), {
        'active_user_count_28d': {'distinct': 'facts.user_id', 'days': 28},
        'active_user_count_7d': {'distinct': 'facts.user_id', 'days': 7},
        'active_user_day_count_28d': {
            'distinct': "facts.user_id || ' ' || cast(facts.event_date as " ~ dbt.type_string() ~ ")", 'days': 28,
        },
        'active_day_count_28d': {'distinct': 'facts.event_date', 'days': 28},
        'active_department_count_28d': {'distinct': 'facts.department', 'days': 28},
        'record_change_count_28d': {'sum': 'facts.record_change_count', 'days': 28},
        'use_count_28d': {'sum': 'facts.use_count', 'days': 28},
        'use_count_28d_before': {
            'sum': 'facts.use_count',
            'from_day': 'greatest(' ~ days_after('facts.event_date', 28) ~ ', facts.known_date)',
            'to_day': days_after('facts.event_date', 55),
        },
        'automation_use_count_28d': {'sum': 'facts.use_count', 'days': 28, 'where': "facts.use_kind = 'automation'"},
        'analysis_use_count_28d': {'sum': 'facts.use_count', 'days': 28, 'where': "facts.use_kind = 'analysis'"},
        'device_use_count_28d': {'sum': 'facts.device_use_count', 'days': 28},
        'mobile_use_count_28d': {'sum': 'facts.mobile_use_count', 'days': 28},
    }) }}

),

final as (

    select
        days.account_id,
        days.date_day,
        coalesce(counted.active_user_count_28d, 0) as active_user_count_28d,
        coalesce(counted.active_user_count_7d, 0) as active_user_count_7d,
        coalesce(counted.active_user_day_count_28d, 0) as active_user_day_count_28d,
        coalesce(counted.active_day_count_28d, 0) as active_day_count_28d,
        coalesce(counted.active_department_count_28d, 0) as active_department_count_28d,
        coalesce(counted.record_change_count_28d, 0) as record_change_count_28d,
        coalesce(counted.use_count_28d, 0) as use_count_28d,
        coalesce(counted.use_count_28d_before, 0) as use_count_28d_before,
        coalesce(counted.automation_use_count_28d, 0) as automation_use_count_28d,
        coalesce(counted.analysis_use_count_28d, 0) as analysis_use_count_28d,
        coalesce(counted.device_use_count_28d, 0) as device_use_count_28d,
        coalesce(counted.mobile_use_count_28d, 0) as mobile_use_count_28d
    from days
    left join counted on days.account_id = counted.account_id and days.date_day = counted.date_day

)

select * from final
