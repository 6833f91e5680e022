{{ config(materialized='incremental', meta={'range_column': 'event_date'}) }}

with events as (

    select * from {{ ref('int_usage_events_identified') }}

),

accounts as (

    select * from {{ ref('int_account_versions') }}

),

contracts as (

    select * from {{ ref('int_contracts_current') }}

),

events_in_run as (

    select
        events.*,
        accounts.account_id is null as is_unknown_account,
        events.event_date < accounts.signed_up_date as is_before_sign_up,
        events.event_date < contracts.start_date as is_before_contract,
        events.event_date >= contracts.end_date as is_after_contract
    from events
    left join accounts on events.account_id = accounts.account_id and {{ in_force('accounts', as_of_date()) }}
    left join contracts on events.contract_id = contracts.contract_id
    where
        events.event_at >= {{ days_before(from_date(), 1) }}
        and events.event_at < {{ days_after(to_date(), 2) }}
        and {{ in_run('events.event_date') }}

),

-- Where the id is the key, a repeated one never comes this far.
repeated_ids as (

    select
        events.source_name,
        events.event_id
    from events
    where events.event_key <> concat(events.source_name, ':', events.event_id)
    group by events.source_name, events.event_id
    having count(*) > 1

),

final as (

    select
        'event_id_repeated' as oddity_id,
        found.event_key as record_id,
        found.account_id,
        found.event_date
    from events_in_run as found
    inner join repeated_ids on found.source_name = repeated_ids.source_name and found.event_id = repeated_ids.event_id
    union all
    select
        'event_of_unknown_account' as oddity_id,
        found.event_key as record_id,
        found.account_id,
        found.event_date
    from events_in_run as found
    where found.is_unknown_account
    union all
    select
        'event_before_sign_up' as oddity_id,
        found.event_key as record_id,
        found.account_id,
        found.event_date
    from events_in_run as found
    where found.is_before_sign_up
    union all
    select
        'event_before_contract' as oddity_id,
        found.event_key as record_id,
        found.account_id,
        found.event_date
    from events_in_run as found
    where found.is_before_contract
    union all
    select
        'event_after_contract' as oddity_id,
        found.event_key as record_id,
        found.account_id,
        found.event_date
    from events_in_run as found
    where found.is_after_contract

)

select * from final
