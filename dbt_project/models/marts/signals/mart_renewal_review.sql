-- Satisfied and successful are what the signals sentiment_gap and used_not_successful hold them for.
with reviewed as (

    select * from {{ ref('int_renewals_reviewed') }}

),

rules as (

    select * from {{ ref('int_signal_rules_profiled') }}

),

contracts as (

    select * from {{ ref('int_contracts_current') }}

),

owners as (

    select * from {{ ref('int_account_owners_found') }}

),

judged as (

    select
        reviewed.*,
        reviewed.sales_hearing_points > hearing_rules.second_threshold_value as is_satisfied,
        reviewed.attainment_rate >= plan_rules.threshold_value as is_successful
    from reviewed
    inner join rules as hearing_rules
        on
            hearing_rules.signal_id = 'sentiment_gap'
            and hearing_rules.segment = coalesce(reviewed.segment, '*')
            and {{ in_force('hearing_rules', 'reviewed.date_day') }}
    inner join rules as plan_rules
        on
            plan_rules.signal_id = 'used_not_successful'
            and plan_rules.segment = coalesce(reviewed.segment, '*')
            and {{ in_force('plan_rules', 'reviewed.date_day') }}

)

select
    judged.contract_id,
    judged.account_id,
    judged.segment,
    owners.sales_owner_id,
    owners.csm_owner_id,
    case
        when judged.is_satisfied is null then 'ask_hearing'
        when judged.is_in_use is null then 'no_score'
        when judged.is_in_use and judged.is_satisfied then 'used_and_satisfied'
        when judged.is_in_use then 'used_not_satisfied'
        when judged.is_satisfied then 'willing_not_used'
        else 'neither'
    end as review_cell,
    case
        when judged.is_successful is null then 'no_plan'
        when judged.is_in_use is null then 'no_score'
        when judged.is_in_use and judged.is_successful then 'used_and_successful'
        when judged.is_in_use then 'used_not_successful'
        when judged.is_successful then 'successful_not_used'
        else 'neither'
    end as attainment_cell,
    judged.is_in_use,
    judged.sales_hearing_points is null as is_hearing_due,
    judged.usage_score,
    judged.sales_hearing_points,
    judged.csm_hearing_points,
    judged.attainment_rate,
    contracts.reporting_mrr_amount as mrr_amount,
    cast(12 * contracts.reporting_mrr_amount as numeric(18, 2)) as arr_amount,
    cast(judged.days_to_end as integer) as days_to_end,
    {{ days_from('judged.sales_heard_date', 'judged.date_day') }} as hearing_age_days,  -- noqa: LT05
    judged.sales_heard_date,
    judged.end_date
from judged
inner join contracts on judged.contract_id = contracts.contract_id
left join owners on judged.account_id = owners.account_id
