-- Of several contracts in their window the one that ends first speaks.
with days as (

    select * from {{ ref('int_account_days_listed') }}

),

rules as (

    select * from {{ ref('int_signal_rules_profiled') }}

),

windows as (

    select * from {{ ref('int_renewal_windows_found') }}

),

final as (

    select
        days.account_id,
        days.date_day,
        rules.signal_id,
        min(windows.days_to_end) as value,
        cast(null as numeric(18, 6)) as second_value,
        min(windows.end_date) as evidence_date
    from days
    inner join rules on {{ is_rule_of('rules', 'renewal_window', 'days') }}
    inner join windows on days.account_id = windows.account_id and days.date_day = windows.date_day
    group by days.account_id, days.date_day, rules.signal_id

)

select * from final
