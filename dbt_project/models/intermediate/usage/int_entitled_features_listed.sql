with days as (

    select * from {{ ref('int_account_days_listed') }}

),

contracts as (

    select * from {{ ref('int_contract_versions') }}

),

entitlements as (

    select * from {{ ref('int_entitlement_versions') }}

),

plans as (

    select distinct
        days.account_id,
        days.date_day,
        contracts.plan_name
    from days
    inner join contracts
        on
            days.account_id = contracts.account_id
            and {{ in_force('contracts', 'days.date_day') }}
            and {{ is_live_on('contracts', 'days.date_day') }}

),

final as (

    select distinct
        plans.account_id,
        plans.date_day,
        entitlements.feature_id
    from plans
    inner join entitlements
        on plans.plan_name = entitlements.plan_name and {{ in_force('entitlements', 'plans.date_day') }}
    where entitlements.is_included

)

select * from final
