-- The days that the runs of a signal span are as many as the days on which it is true, and two runs never touch.
with runs as (

    select
        signals.account_id,
        signals.signal_id,
        signals.first_seen_date,
        signals.last_true_date,
        lead(signals.first_seen_date) over (
            partition by signals.account_id, signals.signal_id
            order by signals.first_seen_date
        ) as next_seen_date
    from {{ ref('fct_account_signals') }} as signals

),

true_days as (

    select
        signals.account_id,
        signals.signal_id,
        count(*) as day_count
    from {{ ref('int_signals_found') }} as signals
    group by signals.account_id, signals.signal_id

),

spanned as (

    select
        runs.account_id,
        runs.signal_id,
        sum({{ days_from('runs.first_seen_date', 'runs.last_true_date') }} + 1) as day_count,
        bool_or(coalesce(runs.next_seen_date <= {{ days_after('runs.last_true_date', 1) }}, false)) as is_touching
    from runs
    group by runs.account_id, runs.signal_id

),

final as (

    select
        coalesce(spanned.account_id, true_days.account_id) as account_id,
        coalesce(spanned.signal_id, true_days.signal_id) as signal_id,
        spanned.day_count,
        true_days.day_count as true_day_count
    from spanned
    full outer join true_days
        on spanned.account_id = true_days.account_id and spanned.signal_id = true_days.signal_id
    where coalesce(spanned.day_count <> true_days.day_count or spanned.is_touching, true)

)

select * from final
