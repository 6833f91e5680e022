with decisions as (

    select * from {{ ref('int_fit_decisions_counted') }}

),

summed as (

    select
        decisions.fit,
        decisions.channel,
        decisions.seller_owner_id,
        count(*) filter (where decisions.decision_kind = 'signed') as customer_count,
        count(*) filter (where decisions.is_churned) as churned_count,
        count(*) filter (where decisions.is_pending) as pending_count,
        cast(coalesce(sum(decisions.account_month_count), 0) as bigint) as account_month_count,
        cast(coalesce(sum(decisions.cost_month_count), 0) as bigint) as cost_account_month_count,
        cast(sum(decisions.support_cost_amount) as numeric(18, 2)) as support_cost_amount,
        cast(sum(decisions.ticket_count) as bigint) as ticket_count,
        count(*) filter (where decisions.has_plan) as planned_account_count,
        count(*) filter (where decisions.is_attained) as attained_account_count,
        {{ ratio('sum(decisions.attainment_rate)', 'count(decisions.attainment_rate)', 18, 6) }} as attainment_rate,
        count(*) filter (where decisions.decision_kind = 'declined') as declined_deal_count
    from decisions
    group by cube(decisions.fit, decisions.channel, decisions.seller_owner_id)

)

select
    summed.fit,
    summed.channel,
    summed.seller_owner_id,
    summed.customer_count,
    summed.churned_count,
    summed.pending_count,
    {{ ratio('summed.churned_count', 'summed.customer_count') }} as churn_rate,
    {{ ratio('summed.churned_count - summed.pending_count', 'summed.customer_count') }} as churn_rate_pending_kept,
    summed.account_month_count,
    summed.cost_account_month_count,
    summed.support_cost_amount,
    {{ ratio('summed.support_cost_amount', 'summed.cost_account_month_count', 18, 2) }}
        as support_cost_per_account_month_amount,
    summed.ticket_count,
    {{ ratio('summed.ticket_count', 'summed.account_month_count') }} as tickets_per_account_month,
    summed.planned_account_count,
    summed.attained_account_count,
    summed.attainment_rate,
    summed.declined_deal_count,
    {{ as_of_date() }} as as_of_date
from summed
