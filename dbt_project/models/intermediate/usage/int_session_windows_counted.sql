with days as (

    select * from {{ ref('int_account_days_listed') }}

),

counted as (

    {{ figures_in_window(ref('int_sessions_derived'), {
        'session_minutes_7d': {
            'sum': 'facts.session_minutes',
            'from_day': 'greatest(facts.session_date, facts.valid_from_date)',
            'to_day': 'least(' ~ days_after('facts.session_date', 6) ~ ', ' ~ days_before('facts.valid_to_date', 1) ~ ')',
        },
    }) }}

),

final as (

    select
        days.account_id,
        days.date_day,
        coalesce(counted.session_minutes_7d, 0) as session_minutes_7d
    from days
    left join counted on days.account_id = counted.account_id and days.date_day = counted.date_day

)

select * from final
