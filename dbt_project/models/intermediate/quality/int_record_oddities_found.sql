with accounts as (

    select * from {{ ref('int_account_versions') }}

),

current_accounts as (

    select accounts.* from accounts where {{ in_force('accounts', as_of_date()) }}

),

contracts as (

    select * from {{ ref('int_contracts_current') }}

),

ticket_versions as (

    select * from {{ ref('int_ticket_versions') }}

),

tickets as (

    select ticket_versions.* from ticket_versions where {{ in_force('ticket_versions', as_of_date()) }}

),

notice_versions as (

    select * from {{ ref('int_churn_notice_versions') }}

),

notices as (

    select notice_versions.* from notice_versions where {{ in_force('notice_versions', as_of_date()) }}

),

final as (

    select
        'plan_contradicts_account' as oddity_id,
        contracts.contract_id as record_id,
        contracts.account_id
    from contracts
    inner join current_accounts on contracts.account_id = current_accounts.account_id
    where contracts.plan_name <> current_accounts.plan_name
    union all
    select
        'contract_of_unknown_account' as oddity_id,
        contracts.contract_id as record_id,
        contracts.account_id
    from contracts
    where not exists (
            select 1 from current_accounts
            where current_accounts.account_id = contracts.account_id
        )
    union all
    select
        'contract_overlaps' as oddity_id,
        contracts.contract_id as record_id,
        contracts.account_id
    from contracts
    where contracts.is_overlapping
    union all
    select
        'contract_never_live' as oddity_id,
        contracts.contract_id as record_id,
        contracts.account_id
    from contracts
    where contracts.end_date <= contracts.start_date
    union all
    select
        'reply_after_resolution' as oddity_id,
        tickets.ticket_id as record_id,
        tickets.account_id
    from tickets
    where 60 * tickets.first_reply_minutes > {{ seconds_between('tickets.created_at', 'tickets.resolved_at') }}
    union all
    select
        'ticket_before_sign_up' as oddity_id,
        tickets.ticket_id as record_id,
        tickets.account_id
    from tickets
    inner join current_accounts on tickets.account_id = current_accounts.account_id
    where {{ business_date('tickets.created_at') }} < current_accounts.signed_up_date
    union all
    select
        'churn_without_end' as oddity_id,
        notices.churn_notice_id as record_id,
        notices.account_id
    from notices
    where not exists (
            select 1 from contracts
            where contracts.account_id = notices.account_id and contracts.end_date is not null
        )
    union all
    select
        'churn_while_live' as oddity_id,
        notices.churn_notice_id as record_id,
        notices.account_id
    from notices
    where
        exists (
            select 1 from contracts
            where
                contracts.account_id = notices.account_id
                and contracts.start_date <= notices.churn_date
                and (contracts.end_date is null or notices.churn_date < contracts.end_date)
        )

)

select * from final
