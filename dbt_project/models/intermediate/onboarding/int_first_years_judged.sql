-- Whether an account was still a customer a year after its first term began. By the anniversary, because 365 days from
-- a day before a 29 February end while the first yearly term still runs.
with accounts as (

    select * from {{ ref('int_onboarding_accounts_listed') }}

),

contracts as (

    select * from {{ ref('int_contracts_settled') }}

),

dated as (

    select
        accounts.account_id,
        accounts.first_contract_date,
        {{ months_after('accounts.first_term_start_date', 12) }} as year_end_date
    from accounts
    where accounts.is_observed_from_start

),

judged as (

    select
        dated.account_id,
        dated.first_contract_date,
        dated.year_end_date,
        bool_or(
            contracts.start_date <= dated.year_end_date
            and (contracts.carried_to_date is null or dated.year_end_date < contracts.carried_to_date)
        ) as is_renewed,
        bool_or(coalesce(contracts.renewal_status = 'pending', false) and contracts.end_date <= dated.year_end_date)
            as is_pending
    from dated
    inner join contracts on dated.account_id = contracts.account_id and not contracts.is_trial
    where dated.year_end_date <= {{ as_of_date() }}
    group by dated.account_id, dated.first_contract_date, dated.year_end_date

),

final as (

    select
        judged.account_id,
        judged.is_renewed,
        judged.is_pending and not judged.is_renewed as is_open,
        judged.first_contract_date,
        judged.year_end_date
    from judged

)

select * from final
