-- Hours count on the days on which they were in force. What a schedule was on the first day it was known, it is taken
-- to have been before.
with days as (

    select * from {{ ref('int_schedule_days_listed') }}

),

schedule_versions as (

    select * from {{ ref('int_working_schedule_versions') }}

),

holiday_versions as (

    select * from {{ ref('int_holiday_versions') }}

),

holidays as (

    select
        holiday_versions.schedule_id,
        holiday_versions.holiday_date as first_date,
        coalesce(holiday_versions.last_holiday_date, holiday_versions.holiday_date) as last_date
    from holiday_versions
    where {{ in_force('holiday_versions', as_of_date()) }}

),

known_hours as (

    select
        schedule_versions.source_name,
        schedule_versions.schedule_id,
        schedule_versions.time_zone,
        schedule_versions.iso_day_of_week,
        schedule_versions.start_minute,
        schedule_versions.end_minute,
        schedule_versions.valid_from_date,
        case when schedule_versions.valid_to_date <= {{ as_of_date() }} then schedule_versions.valid_to_date end
            as valid_to_date,
        schedule_versions.valid_from_date = min(schedule_versions.valid_from_date) over (
            partition by schedule_versions.source_name, schedule_versions.schedule_id
        ) as is_first
    from schedule_versions
    where schedule_versions.valid_from_date <= {{ as_of_date() }}

),

working_days as (

    select
        days.schedule_id,
        days.date_day
    from days
    where
        not exists (
            select 1 from holidays
            where
                holidays.schedule_id = days.schedule_id
                and days.date_day between holidays.first_date and holidays.last_date
        )

),

final as (

    select
        known_hours.source_name,
        known_hours.schedule_id,
        working_days.date_day as local_date,
        known_hours.start_minute,
        {{ utc_of_local(dbt.dateadd('minute', 'known_hours.start_minute', 'cast(working_days.date_day as timestamp)'),
                        'known_hours.time_zone') }} as start_at,
        {{ utc_of_local(dbt.dateadd('minute', 'known_hours.end_minute', 'cast(working_days.date_day as timestamp)'),
                        'known_hours.time_zone') }} as end_at
    from working_days
    inner join known_hours
        on
            working_days.schedule_id = known_hours.schedule_id
            and {{ day_of_week('working_days.date_day') }} = known_hours.iso_day_of_week
            and {{ linked_on('known_hours', 'working_days.date_day') }}

)

select * from final
