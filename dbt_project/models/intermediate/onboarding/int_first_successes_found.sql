-- The first success is the item that is agreed as it; where none is agreed, the second rung of the ladder.
with contracts as (

    select
        versions.account_id,
        min(versions.start_date) as first_contract_date
    from {{ ref('int_contract_versions') }} as versions
    group by versions.account_id

),

plans as (

    select
        versions.account_id,
        min(greatest(versions.valid_from_date, versions.agreed_date)) as agreed_date,
        min(versions.due_date) as agreed_due_date
    from {{ ref('int_success_plan_versions') }} as versions
    where versions.is_first_success
    group by versions.account_id

),

steps as (

    select * from {{ ref('int_onboarding_steps_reached') }}

),

rungs as (

    select
        reached.account_id,
        max(reached.reached_date) as reached_date
    from {{ ref('int_ladder_rungs_reached') }} as reached
    where reached.rung <= 2
    group by reached.account_id
    having count(distinct reached.rung) = 2

),

final as (

    select
        contracts.account_id,
        contracts.first_contract_date,
        case when plans.agreed_date is not null then 'agreed' else 'default_rung' end as success_kind,
        coalesce(
            case when plans.agreed_date is null or rungs.reached_date < plans.agreed_date then rungs.reached_date end,
            steps.reached_date
        ) as success_date,
        plans.agreed_due_date,
        {{ months_after('contracts.first_contract_date', 2) }} as deadline_date
    from contracts
    left join plans on contracts.account_id = plans.account_id
    left join steps on contracts.account_id = steps.account_id and steps.step_id = 'first_success'
    left join rungs on contracts.account_id = rungs.account_id

)

select * from final
