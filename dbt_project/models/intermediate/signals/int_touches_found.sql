-- The newest work of our people for an account that was known to be done by each day.
with days as (

    select * from {{ ref('int_account_days_listed') }}

),

tasks as (

    select * from {{ ref('int_task_versions') }}

),

final as (

    select
        days.account_id,
        days.date_day,
        max(tasks.done_date) filter (where tasks.task_kind in ('visit', 'web_meeting')) as last_visit_date,
        max(tasks.done_date) filter (where coalesce(tasks.task_kind, '') <> 'internal') as last_touch_date
    from days
    left join tasks
        on
            days.account_id = tasks.account_id
            and days.date_day >= tasks.done_date
            and {{ in_force('tasks', 'days.date_day') }}
    group by days.account_id, days.date_day

)

select * from final
