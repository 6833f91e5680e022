-- The newest day of use that was known by each day. Running maximum over the days on which use became known.
with facts as (

    select * from {{ ref('int_usage_recent_facts') }}

),

days as (

    select * from {{ ref('int_account_days_listed') }}

),

told as (

    select
        facts.account_id,
        greatest(facts.event_date, facts.known_date, {{ from_date() }}) as date_day,
        max(facts.event_date) as last_login_date
    from facts
    group by facts.account_id, greatest(facts.event_date, facts.known_date, {{ from_date() }})

),

accounts as (

    select distinct told.account_id from told

),

spanned as (

    select
        accounts.account_id,
        spine.date_day,
        max(told.last_login_date) over (
            partition by accounts.account_id order by spine.date_day
            rows between unbounded preceding and current row
        ) as last_login_date
    from accounts
    cross join ({{ days_between(from_date(), to_date()) }}) as spine
    left join told on accounts.account_id = told.account_id and spine.date_day = told.date_day

),

final as (

    select
        days.account_id,
        days.date_day,
        case
            when {{ dbt.datediff('spanned.last_login_date', 'days.date_day', 'day') }} <= {{ var('usage_lookback_days') }}  -- noqa: LT05
                then spanned.last_login_date
        end as last_login_date
    from days
    left join spanned on days.account_id = spanned.account_id and days.date_day = spanned.date_day

)

select * from final
