-- Days by UTC, so that a moment finds its day without a word about zones. A segment without length at midnight stands
-- for the time before the day's first work.
with days as (

    select * from {{ ref('int_schedule_days_listed') }}

),

hours as (

    select * from {{ ref('int_schedule_hours_dated') }}

),

-- Hours of a local day touch at most three days by UTC.
parts as (

    {% for number in range(3) -%}
    select
        hours.schedule_id,
        {{ days_after('cast(hours.start_at as date)', number) }} as utc_date,
        greatest(hours.start_at, cast({{ days_after('cast(hours.start_at as date)', number) }} as timestamp)) as start_at,
        least(hours.end_at, cast({{ days_after('cast(hours.start_at as date)', number + 1) }} as timestamp)) as end_at
    from hours
    {{ "union all" if not loop.last }}
    {% endfor %}

),

-- Hours that overlap count once: each begins where those before it have ended.
clipped as (

    select
        parts.schedule_id,
        parts.utc_date,
        greatest(parts.start_at, max(parts.end_at) over (
            partition by parts.schedule_id, parts.utc_date order by parts.start_at, parts.end_at
            rows between unbounded preceding and 1 preceding
        )) as start_at,
        parts.end_at
    from parts
    where parts.start_at < parts.end_at

),

segments as (

    select
        clipped.schedule_id,
        clipped.utc_date,
        clipped.start_at,
        {{ microseconds_between('clipped.start_at', 'clipped.end_at') }} as working_microseconds
    from clipped
    where clipped.start_at < clipped.end_at
    union all
    select
        days.schedule_id,
        days.date_day as utc_date,
        cast(days.date_day as timestamp) as start_at,
        cast(0 as bigint) as working_microseconds
    from days

),

final as (

    select
        segments.schedule_id,
        segments.utc_date,
        segments.start_at,
        coalesce(
            lead(segments.start_at) over one_schedule, cast({{ days_after('segments.utc_date', 1) }} as timestamp)
        ) as next_start_at,
        segments.working_microseconds,
        cast(sum(segments.working_microseconds) over one_schedule - segments.working_microseconds as bigint)
            as microseconds_before
    from segments
    window one_schedule as (
        partition by segments.schedule_id order by segments.start_at, segments.working_microseconds
    )

)

select * from final
