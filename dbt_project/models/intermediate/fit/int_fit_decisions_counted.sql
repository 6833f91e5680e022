-- What came of each customer that was signed, beside the deals that were declined.
with decisions as (

    select * from {{ ref('int_fit_decisions_judged') }}

),

accounts as (

    select * from {{ ref('int_account_versions') }}

),

contracts as (

    select * from {{ ref('int_contracts_settled') }}

),

efforts as (

    select * from {{ ref('int_account_efforts_summed') }}

),

plan_items as (

    select * from {{ ref('int_success_plans_current') }}

),

-- A customer has left when its last contract that was ever live has ended; while that one is pending, the loss may
-- still be undone.
ended as (

    select
        contracts.account_id,
        not bool_or(contracts.end_date is null or contracts.end_date > {{ as_of_date() }}) as is_churned,
        bool_or(contracts.renewal_status = 'pending') as is_pending
    from contracts
    where contracts.renewal_status is not null
    group by contracts.account_id

),

attained as (

    select
        plan_items.account_id,
        {{ ratio('sum(plan_items.attainment_rate)', 'count(plan_items.attainment_rate)', 18, 6) }} as attainment_rate,
        bool_or(plan_items.item_level = 'year_goal' and plan_items.status = 'reached') as is_attained
    from plan_items
    where plan_items.is_counted
    group by plan_items.account_id

),

final as (

    select
        decisions.decision_kind,
        decisions.source_name,
        decisions.decision_id,
        decisions.account_id,
        decisions.fit,
        coalesce(accounts.acquisition_channel, 'unknown') as channel,
        coalesce(decisions.owner_id, accounts.seller_owner_id, 'unknown') as seller_owner_id,
        coalesce(ended.is_churned, false) as is_churned,
        coalesce(ended.is_churned and ended.is_pending, false) as is_pending,
        attained.account_id is not null as has_plan,
        coalesce(attained.is_attained, false) as is_attained,
        attained.attainment_rate,
        efforts.account_month_count,
        efforts.cost_month_count,
        efforts.support_cost_amount,
        efforts.ticket_count
    from decisions
    inner join accounts
        on
            decisions.account_id = accounts.account_id
            and {{ in_force('accounts', as_of_date()) }}
            and {{ is_customer('accounts') }}
    left join ended on decisions.account_id = ended.account_id and decisions.decision_kind = 'signed'
    left join efforts on decisions.account_id = efforts.account_id and decisions.decision_kind = 'signed'
    left join attained on decisions.account_id = attained.account_id and decisions.decision_kind = 'signed'

)

select * from final
