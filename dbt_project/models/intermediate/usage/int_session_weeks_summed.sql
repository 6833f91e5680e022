-- Complete weeks (Monday to Sunday) by what was known at their end. Twelve weeks before the run are read, so that the
-- look-back is bounded; weeks before the warehouse's first day are left out, because their use is not known.
with contracts as (

    select * from {{ ref('int_contract_versions') }}

),

sessions as (

    select * from {{ ref('int_sessions_derived') }}

),

ended_weeks as (

    select
        {{ days_before('spine.date_day', 6) }} as week_start_date,
        spine.date_day as week_end_date
    from ({{ days_between(days_before(from_date(), 6 + 7 * 11), to_date()) }}) as spine
    where
        {{ day_of_week('spine.date_day') }} = 7
        and {{ days_before('spine.date_day', 6) }} >= {{ history_start_date() }}

),

spanned as (

    {{ days_of_each('ended_weeks', 'ended_weeks.week_start_date', 'ended_weeks.week_end_date') }}

),

live_weeks as (

    select
        contracts.account_id,
        spanned.week_start_date,
        spanned.week_end_date
    from spanned
    inner join contracts
        on
            {{ in_force('contracts', 'spanned.week_end_date') }}
            and {{ is_live_on('contracts', 'spanned.date_day') }}
    group by contracts.account_id, spanned.week_start_date, spanned.week_end_date
    having count(distinct spanned.date_day) = 7

),

final as (

    select
        live_weeks.account_id,
        live_weeks.week_end_date,
        coalesce(sum(sessions.session_minutes), 0) as session_minutes
    from live_weeks
    left join sessions
        on
            live_weeks.account_id = sessions.account_id
            and sessions.session_date between live_weeks.week_start_date and live_weeks.week_end_date
            and {{ in_force('sessions', 'live_weeks.week_end_date') }}
    group by live_weeks.account_id, live_weeks.week_end_date

)

select * from final
