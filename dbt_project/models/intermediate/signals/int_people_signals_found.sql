with days as (

    select * from {{ ref('int_account_days_listed') }}

),

rules as (

    select * from {{ ref('int_signal_rules_profiled') }}

),

responses as (

    select * from {{ ref('int_last_responses_found') }}

),

stakeholders as (

    select * from {{ ref('int_stakeholders_counted') }}

),

-- Without a visit the account has waited since it began, or since the first day that anybody could tell of.
visits as (

    select
        days.account_id,
        days.date_day,
        coalesce(
            touches.last_visit_date, greatest(days.first_contract_date, {{ history_start_date() }})
        ) as since_date
    from days
    inner join {{ ref('int_touches_found') }} as touches
        on days.account_id = touches.account_id and days.date_day = touches.date_day

),

requests as (

    select * from {{ ref('int_sales_requests_counted') }}

),

final as (

    select
        days.account_id,
        days.date_day,
        rules.signal_id,
        cast(null as numeric(18, 6)) as value,
        cast(null as numeric(18, 6)) as second_value,
        responses.last_response_date as evidence_date
    from days
    inner join rules on {{ is_rule_of('rules', 'silent_customer', 'days') }}
    inner join responses on days.account_id = responses.account_id and days.date_day = responses.date_day
    where
        (
            {{ dbt.datediff(history_start_date(), 'days.date_day', 'day') }} >= rules.window_days - 1  -- noqa: LT05
            or days.first_contract_date >= {{ history_start_date() }}
        )
        and coalesce(
            {{ dbt.datediff('responses.last_response_date', 'days.date_day', 'day') }} >= rules.window_days, true  -- noqa: LT05
        )
    union all
    select
        days.account_id,
        days.date_day,
        rules.signal_id,
        {{ dbt.datediff('stakeholders.last_decision_maker_left_date', 'days.date_day', 'day') }} as value,  -- noqa: LT05
        cast(null as numeric(18, 6)) as second_value,
        stakeholders.last_decision_maker_left_date as evidence_date
    from days
    inner join rules on {{ is_rule_of('rules', 'sponsor_gone', 'days') }}
    inner join stakeholders on days.account_id = stakeholders.account_id and days.date_day = stakeholders.date_day
    where
        stakeholders.decision_maker_count = 0
        and {{ dbt.datediff('stakeholders.last_decision_maker_left_date', 'days.date_day', 'day') }}
        < rules.window_days
    union all
    select
        days.account_id,
        days.date_day,
        rules.signal_id,
        stakeholders.told_contact_count as value,
        cast(null as numeric(18, 6)) as second_value,
        cast(null as date) as evidence_date
    from days
    inner join rules on {{ is_rule_of('rules', 'no_champion', 'days') }}
    inner join stakeholders on days.account_id = stakeholders.account_id and days.date_day = stakeholders.date_day
    where stakeholders.champion_count = 0 and stakeholders.told_contact_count > 0
    union all
    select
        days.account_id,
        days.date_day,
        rules.signal_id,
        {{ dbt.datediff('visits.since_date', 'days.date_day', 'day') }} as value,  -- noqa: LT05
        cast(null as numeric(18, 6)) as second_value,
        visits.since_date as evidence_date
    from days
    inner join rules on {{ is_rule_of('rules', 'visit_overdue', 'days') }}
    inner join visits on days.account_id = visits.account_id and days.date_day = visits.date_day
    where {{ dbt.datediff('visits.since_date', 'days.date_day', 'day') }} > rules.threshold_value  -- noqa: LT05
    union all
    select
        days.account_id,
        days.date_day,
        rules.signal_id,
        requests.open_request_count as value,
        cast(null as numeric(18, 6)) as second_value,
        requests.oldest_request_date as evidence_date
    from days
    inner join rules on {{ is_rule_of('rules', 'sales_request', 'days') }}
    inner join requests on days.account_id = requests.account_id and days.date_day = requests.date_day

)

select * from final
