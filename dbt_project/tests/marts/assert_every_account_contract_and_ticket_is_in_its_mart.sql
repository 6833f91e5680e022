with input_accounts as (

    select * from {{ ref('input_accounts') }}

),

input_contracts as (

    select * from {{ ref('input_contracts') }}

),

input_tickets as (

    select * from {{ ref('input_tickets') }}

),

accounts as (

    select * from {{ ref('dim_accounts') }}

),

contracts as (

    select * from {{ ref('fct_contracts') }}

),

tickets as (

    select * from {{ ref('fct_support_tickets') }}

)

select distinct
    'accounts' as entity,
    input_accounts.account_id as record_id
from input_accounts
left join accounts on input_accounts.account_id = accounts.account_id
where input_accounts.known_date <= {{ as_of_date() }} and accounts.account_id is null
union all
select distinct
    'contracts' as entity,
    input_contracts.contract_id as record_id
from input_contracts
left join contracts
    on
        input_contracts.source_name = contracts.source_name
        and input_contracts.contract_id = contracts.contract_id
where input_contracts.known_date <= {{ as_of_date() }} and contracts.contract_id is null
union all
select distinct
    'tickets' as entity,
    input_tickets.ticket_id as record_id
from input_tickets
left join tickets
    on
        input_tickets.source_name = tickets.source_name
        and input_tickets.ticket_id = tickets.ticket_id
where input_tickets.known_date <= {{ as_of_date() }} and tickets.ticket_id is null
