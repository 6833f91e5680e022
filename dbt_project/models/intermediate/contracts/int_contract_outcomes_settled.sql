-- What became of each contract, by the newest built day. Apart from its terms: what is settled here may not be known to
-- any measure.
with contracts as (

    select *
    from {{ ref('int_contracts_current') }}
    where not coalesce(is_trial, false) and (end_date is null or start_date < end_date)

),

links as (

    select * from {{ ref('int_contract_renewals_linked') }}

),

outcomes as (

    select * from {{ ref('int_contract_outcomes_current') }}

),

notice_versions as (

    select * from {{ ref('int_churn_notice_versions') }}

),

notices as (

    select notice_versions.* from notice_versions where {{ in_force('notice_versions', as_of_date()) }}

),

-- One contract may follow several, and several one: each gets its share by what was due.
shared as (

    select
        links.contract_id,
        links.next_contract_id,
        links.is_implied,
        next_contracts.start_date as next_start_date,
        coalesce(next_contracts.signed_date, next_contracts.start_date) as next_signed_date,
        next_contracts.reporting_mrr_amount as next_mrr_amount,
        contracts.reporting_mrr_amount as due_mrr_amount,
        sum(contracts.reporting_mrr_amount) over (partition by links.next_contract_id) as due_together_amount,
        count(*) over (partition by links.next_contract_id) as due_together_count,
        row_number() over (
            partition by links.contract_id
            order by
                coalesce(next_contracts.signed_date, next_contracts.start_date),
                next_contracts.start_date,
                links.next_contract_id
        ) as next_number
    from links
    inner join contracts on links.contract_id = contracts.contract_id
    inner join contracts as next_contracts on links.next_contract_id = next_contracts.contract_id

),

followed as (

    select
        shared.contract_id,
        min(case when shared.next_number = 1 then shared.next_contract_id end) as renewed_by_contract_id,
        min(case when shared.next_number = 1 then shared.next_signed_date end) as renewal_signed_date,
        min(shared.next_start_date) as renewal_start_date,
        bool_or(shared.is_implied) as is_renewal_implied,
        sum(
            case
                when shared.due_together_count = 1 then shared.next_mrr_amount
                else shared.next_mrr_amount * {{ ratio('shared.due_mrr_amount', 'shared.due_together_amount') }}
            end
        ) as renewed_mrr_amount,
        count(*) = count(shared.next_mrr_amount) as is_renewal_converted
    from shared
    group by shared.contract_id

),

noticed as (

    select distinct contracts.contract_id
    from contracts
    inner join notices on contracts.account_id = notices.account_id
    where
        notices.churn_date > contracts.start_date
        and notices.churn_date <= {{ days_after('contracts.end_date', var('late_renewal_days')) }}

),

final as (

    select
        contracts.contract_id,
        {{ renewal_status() }} as renewal_status,
        followed.renewed_by_contract_id,
        followed.renewal_signed_date,
        followed.renewal_start_date,
        coalesce(followed.is_renewal_implied, false) as is_renewal_implied,
        case
            when followed.is_renewal_converted then cast(round(followed.renewed_mrr_amount, 2) as numeric(18, 2))
        end as renewed_mrr_amount
    from contracts
    left join followed on contracts.contract_id = followed.contract_id
    left join outcomes on contracts.contract_id = outcomes.contract_id
    left join noticed on contracts.contract_id = noticed.contract_id

)

select * from final
