-- Whoever decides knows what is known by then. A decision told later than its day, as by a nightly load, is judged with
-- what was known when it was told, so that an answer that came with it counts.
with contract_versions as (

    select
        versions.*,
        coalesce(versions.signed_date, versions.start_date) as decided_date,
        min(case when versions.signed_date is not null then versions.valid_from_date end) over (
            partition by versions.source_name, versions.contract_id
        ) as told_date
    from {{ ref('int_contract_versions') }} as versions

),

opportunity_versions as (

    select
        versions.*,
        min(case when versions.stage = 'declined' then versions.valid_from_date end) over (
            partition by versions.source_name, versions.opportunity_id
        ) as told_date
    from {{ ref('int_opportunity_versions') }} as versions

),

-- A trial is no signature, and what was never live made nobody a customer.
signatures as (

    select
        contract_versions.*,
        row_number() over (
            partition by contract_versions.account_id
            order by contract_versions.start_date, contract_versions.contract_id, contract_versions.source_name
        ) as contract_number
    from contract_versions
    where
        {{ in_force('contract_versions', as_of_date()) }}
        and contract_versions.decided_date <= {{ as_of_date() }}
        and not coalesce(contract_versions.is_trial, false)
        and (contract_versions.end_date is null or contract_versions.start_date < contract_versions.end_date)

),

declined as (

    select
        opportunity_versions.*,
        coalesce(opportunity_versions.close_date, opportunity_versions.told_date) as decided_date
    from opportunity_versions
    where
        {{ in_force('opportunity_versions', as_of_date()) }}
        and opportunity_versions.opportunity_kind = 'new'
        and opportunity_versions.stage = 'declined'

),

final as (

    select
        'signed' as decision_kind,
        signatures.contract_id as decision_id,
        signatures.source_name,
        signatures.account_id,
        cast(null as {{ dbt.type_string() }}) as owner_id,
        signatures.decided_date,
        greatest(signatures.decided_date, signatures.told_date) as judged_date
    from signatures
    where signatures.contract_number = 1
    union all
    select
        'declined' as decision_kind,
        declined.opportunity_id as decision_id,
        declined.source_name,
        declined.account_id,
        declined.owner_id,
        declined.decided_date,
        greatest(declined.decided_date, declined.told_date) as judged_date
    from declined
    where declined.decided_date <= {{ as_of_date() }}

)

select * from final
