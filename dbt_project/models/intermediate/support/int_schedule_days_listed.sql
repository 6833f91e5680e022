-- From the day before the earliest moment of a ticket to the day after the latest, because days of a desk and days by
-- UTC begin at different times.
with tickets as (

    select * from {{ ref('int_tickets_timed') }}

),

schedule_versions as (

    select * from {{ ref('int_working_schedule_versions') }}

),

moments as (

    select
        tickets.schedule_id,
        min(tickets.created_at) as first_at,
        max(greatest(
            tickets.created_at, tickets.first_replied_at, tickets.first_resolved_at, tickets.resolved_at
        )) as last_at
    from tickets
    where
        exists (
            select 1 from schedule_versions
            where
                schedule_versions.schedule_id = tickets.schedule_id
                and schedule_versions.valid_from_date <= {{ as_of_date() }}
        )
    group by tickets.schedule_id

),

needed as (

    select
        moments.schedule_id,
        {{ days_before('cast(moments.first_at as date)', 1) }} as first_date,
        {{ days_after('cast(moments.last_at as date)', 1) }} as last_date
    from moments

),

days as (

    {{ days_of_each('needed', 'needed.first_date', 'needed.last_date') }}

),

final as (

    select
        days.schedule_id,
        days.date_day
    from days

)

select * from final
