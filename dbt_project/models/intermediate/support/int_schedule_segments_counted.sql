-- Days by UTC, so that a moment finds its day without a word about zones. A segment without length at midnight stands
-- for the time before the day's first work.
with days as (

    select * from {{ ref('int_schedule_days_listed') }}

),

hours as (

    select * from {{ ref('int_schedule_hours_dated') }}

),

-- Hours of a local day touch at most three days by UTC.
touched as (

    select
        hours.*,
        cast(hours.start_at as date) as moment_date
    from hours
    union all
    select
        hours.*,
        {{ days_after('cast(hours.start_at as date)', 1) }} as moment_date
    from hours
    union all
    select
        hours.*,
        {{ days_after('cast(hours.start_at as date)', 2) }} as moment_date
    from hours

),

parts as (

    select
        touched.schedule_id,
        touched.moment_date,
        greatest(touched.start_at, cast(touched.moment_date as timestamp)) as start_at,
        least(touched.end_at, cast({{ days_after('touched.moment_date', 1) }} as timestamp)) as end_at
    from touched

),

-- Hours that overlap count once: each begins where those before it have ended.
clipped as (

    select
        parts.schedule_id,
        parts.moment_date,
        greatest(parts.start_at, max(parts.end_at) over (
            partition by parts.schedule_id, parts.moment_date order by parts.start_at, parts.end_at
            rows between unbounded preceding and 1 preceding
        )) as start_at,
        parts.end_at
    from parts
    where parts.start_at < parts.end_at

),

segments as (

    select
        clipped.schedule_id,
        clipped.moment_date,
        clipped.start_at,
        {{ microseconds_between('clipped.start_at', 'clipped.end_at') }} as working_microseconds
    from clipped
    where clipped.start_at < clipped.end_at
    union all
    select
        days.schedule_id,
        days.date_day as moment_date,
        cast(days.date_day as timestamp) as start_at,
        cast(0 as bigint) as working_microseconds
    from days

),

final as (

    select
        segments.schedule_id,
        segments.moment_date,
        segments.start_at,
        coalesce(
            lead(segments.start_at) over one_schedule, cast({{ days_after('segments.moment_date', 1) }} as timestamp)
        ) as next_start_at,
        segments.working_microseconds,
        cast(-segments.working_microseconds + sum(segments.working_microseconds) over one_schedule as bigint)
            as microseconds_before
    from segments
    window one_schedule as (
        partition by segments.schedule_id order by segments.start_at, segments.working_microseconds
    )

)

select * from final
