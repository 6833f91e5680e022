with days as (

    select * from {{ ref('int_account_days_listed') }}

),

rules as (

    select * from {{ ref('int_signal_rules_profiled') }}

),

scores as (

    select * from {{ ref('int_scores_judged') }}

),

measures as (

    select * from {{ ref('int_signal_measures_read') }}

),

statements as (

    select * from {{ ref('int_latest_statements_found') }}

),

phases as (

    select * from {{ ref('int_support_phases_found') }}

),

final as (

    select
        days.account_id,
        days.date_day,
        rules.signal_id,
        min(statements.points) as value,
        cast(count(*) as numeric(18, 6)) as second_value,
        max(statements.event_date) as evidence_date
    from days
    inner join rules on {{ is_rule_of('rules', 'detractor', 'days') }}
    inner join statements
        on
            days.account_id = statements.account_id
            and days.date_day = statements.date_day
            and statements.statement_kind = 'nps'
    where
        statements.points <= rules.threshold_value
        and {{ dbt.datediff('statements.event_date', 'days.date_day', 'day') }} < rules.window_days  -- noqa: LT05
    group by days.account_id, days.date_day, rules.signal_id
    union all
    select
        days.account_id,
        days.date_day,
        rules.signal_id,
        scores.usage_score as value,
        measures.sales_hearing_points as second_value,
        cast(null as date) as evidence_date
    from days
    inner join rules on {{ is_rule_of('rules', 'sentiment_gap', 'days') }}
    inner join scores on days.account_id = scores.account_id and days.date_day = scores.date_day
    inner join measures on days.account_id = measures.account_id and days.date_day = measures.date_day
    where
        scores.is_in_use <> (measures.sales_hearing_points > rules.second_threshold_value)
        and abs(scores.usage_score - measures.sales_hearing_points) >= rules.threshold_value
    union all
    select
        days.account_id,
        days.date_day,
        rules.signal_id,
        measures.open_escalations as value,
        cast(null as numeric(18, 6)) as second_value,
        cast(null as date) as evidence_date
    from days
    inner join rules on {{ is_rule_of('rules', 'escalation_open', 'days') }}
    inner join measures on days.account_id = measures.account_id and days.date_day = measures.date_day
    where measures.open_escalations >= rules.threshold_value
    union all
    select
        days.account_id,
        days.date_day,
        rules.signal_id,
        measures.nps_points as value,
        cast(null as numeric(18, 6)) as second_value,
        cast(null as date) as evidence_date
    from days
    inner join rules on {{ is_rule_of('rules', 'advocate_ready', 'days') }}
    inner join scores on days.account_id = scores.account_id and days.date_day = scores.date_day
    inner join measures on days.account_id = measures.account_id and days.date_day = measures.date_day
    inner join phases on days.account_id = phases.account_id and days.date_day = phases.date_day
    where
        phases.support_phase in ('skilled', 'self_running')
        and scores.health_band_rank = scores.best_band_rank
        and measures.nps_points >= rules.threshold_value

)

select * from final
