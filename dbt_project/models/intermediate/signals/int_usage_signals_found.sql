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

-- Of all days, because a signal looks back to one before the run.
former_scores as (

    select
        summed.account_id,
        summed.score_date,
        summed.score as usage_score
    from {{ ref('int_health_scores_summed') }} as summed
    where summed.score_id = 'usage' and summed.raw_band_rank is not null

),

final as (

    select
        days.account_id,
        days.date_day,
        rules.signal_id,
        former_scores.usage_score as value,
        scores.usage_score as second_value,
        former_scores.score_date as evidence_date
    from days
    inner join rules on {{ is_rule_of('rules', 'day_90_below_line', 'days') }}
    inner join scores on days.account_id = scores.account_id and days.date_day = scores.date_day
    inner join former_scores
        on
            days.account_id = former_scores.account_id
            and former_scores.score_date
            = cast({{ dbt.dateadd('day', 'rules.minimum_age_days', 'days.first_contract_date') }} as date)
    where
        days.age_days < rules.minimum_age_days + rules.window_days
        and former_scores.usage_score <= rules.threshold_value
        and scores.usage_score <= rules.threshold_value
    union all
    select
        days.account_id,
        days.date_day,
        rules.signal_id,
        former_scores.usage_score - scores.usage_score as value,
        scores.usage_score as second_value,
        former_scores.score_date as evidence_date
    from days
    inner join rules on {{ is_rule_of('rules', 'score_drop', 'days') }}
    inner join scores on days.account_id = scores.account_id and days.date_day = scores.date_day
    inner join former_scores
        on
            days.account_id = former_scores.account_id
            and former_scores.score_date = cast({{ dbt.dateadd('day', '-rules.window_days', 'days.date_day') }} as date)
    where former_scores.usage_score - scores.usage_score >= rules.threshold_value
    union all
    select
        days.account_id,
        days.date_day,
        rules.signal_id,
        measures.low_session_weeks as value,
        cast(null as numeric(18, 6)) as second_value,
        cast(null as date) as evidence_date
    from days
    inner join rules on {{ is_rule_of('rules', 'low_session_time', 'days') }}
    inner join measures on days.account_id = measures.account_id and days.date_day = measures.date_day
    where measures.low_session_weeks >= rules.second_threshold_value
    union all
    select
        days.account_id,
        days.date_day,
        rules.signal_id,
        measures.licence_activation_rate as value,
        cast(null as numeric(18, 6)) as second_value,
        cast(null as date) as evidence_date
    from days
    inner join rules on {{ is_rule_of('rules', 'licence_unused', 'days') }}
    inner join measures on days.account_id = measures.account_id and days.date_day = measures.date_day
    where measures.licence_activation_rate < rules.threshold_value

)

select * from final
