-- As known on the newest built day: how long each account was a customer, and its first term.
with starts as (

    select * from {{ ref('int_account_starts_found') }}

),

contracts as (

    select * from {{ ref('int_contracts_current') }}

),

accounts as (

    select
        versions.*,
        row_number() over (partition by versions.account_id order by versions.valid_from_date) = 1 as is_first
    from {{ ref('int_account_versions') }} as versions

),

-- A trial has nothing to renew.
numbered as (

    select
        contracts.*,
        rank() over (
            partition by contracts.account_id, coalesce(contracts.is_trial, false) order by contracts.start_date
        ) as rank_in_account
    from contracts
    where
        contracts.is_customer
        and contracts.start_date <= {{ as_of_date() }}
        and (contracts.end_date is null or contracts.start_date < contracts.end_date)

),

-- Of several contracts that begin on the first day, the one to be renewed first.
termed as (

    select
        numbered.account_id,
        min(numbered.start_date) filter (where not coalesce(numbered.is_trial, false)) as first_term_start_date,
        min(numbered.end_date) filter (where not coalesce(numbered.is_trial, false) and numbered.rank_in_account = 1)
            as first_term_end_date,
        bool_or({{ is_live_on('numbered', as_of_date()) }}) as is_live,
        max(numbered.end_date) as last_end_date
    from numbered
    group by numbered.account_id

),

final as (

    select
        starts.account_id,
        coalesce(accounts.segment, 'unknown') as segment,
        starts.first_contract_date >= {{ history_start_date() }} as is_observed_from_start,
        termed.is_live,
        starts.first_contract_date,
        termed.first_term_start_date,
        termed.first_term_end_date,
        case when not termed.is_live then termed.last_end_date end as left_date
    from starts
    inner join termed on starts.account_id = termed.account_id
    left join accounts
        on starts.account_id = accounts.account_id and {{ linked_on('accounts', 'starts.first_contract_date') }}
    where starts.first_live_date <= {{ as_of_date() }}

)

select * from final
