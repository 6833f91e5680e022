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

plans as (

    select * from {{ ref('int_plan_progress_found') }}

),

planned as (

    select
        days.*,
        scores.usage_score,
        scores.is_in_use,
        scores.health_band_rank = scores.best_band_rank as is_in_top_group,
        measures.licence_activation_rate,
        measures.attainment_rate,
        measures.nps_points,
        measures.csm_hearing_points,
        plans.first_agreed_date
    from days
    inner join scores on days.account_id = scores.account_id and days.date_day = scores.date_day
    inner join measures on days.account_id = measures.account_id and days.date_day = measures.date_day
    inner join plans on days.account_id = plans.account_id and days.date_day = plans.date_day

),

final as (

    select
        planned.account_id,
        planned.date_day,
        rules.signal_id,
        planned.attainment_rate as value,
        planned.usage_score as second_value,
        planned.first_agreed_date as evidence_date
    from planned
    inner join rules on {{ is_rule_of('rules', 'used_not_successful', 'planned') }}
    where
        planned.is_in_use
        and planned.attainment_rate < rules.threshold_value
        and {{ dbt.datediff('planned.first_agreed_date', 'planned.date_day', 'day') }} >= rules.window_days  -- noqa: LT05
    union all
    select
        planned.account_id,
        planned.date_day,
        rules.signal_id,
        planned.attainment_rate as value,
        coalesce(planned.nps_points / 10, planned.csm_hearing_points / 4) as second_value,
        planned.first_agreed_date as evidence_date
    from planned
    inner join rules on {{ is_rule_of('rules', 'satisfied_not_successful', 'planned') }}
    where
        case
            when planned.nps_points is not null then planned.nps_points >= rules.second_threshold_value
            else planned.csm_hearing_points >= rules.third_threshold_value
        end
        and planned.attainment_rate < rules.threshold_value
        and {{ dbt.datediff('planned.first_agreed_date', 'planned.date_day', 'day') }} >= rules.window_days  -- noqa: LT05
    union all
    select
        planned.account_id,
        planned.date_day,
        rules.signal_id,
        planned.licence_activation_rate as value,
        planned.attainment_rate as second_value,
        cast(null as date) as evidence_date
    from planned
    inner join rules on {{ is_rule_of('rules', 'expansion_ready', 'planned') }}
    where
        planned.is_in_top_group
        and planned.licence_activation_rate >= rules.threshold_value
        and planned.attainment_rate >= rules.second_threshold_value

)

select * from final
