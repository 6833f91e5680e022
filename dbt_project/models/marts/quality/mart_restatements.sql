with late_usage as (

    select * from {{ ref('int_late_usage_found') }}

),

contract_changes as (

    select * from {{ ref('int_contract_changes_found') }}

),

ticket_changes as (

    select * from {{ ref('int_ticket_changes_found') }}

),

aliases as (

    select * from {{ ref('int_accounts_aliased') }}

),

found as (

    select
        'fct_usage_daily' as mart,
        late_usage.source_name,
        cast(null as {{ dbt.type_string() }}) as record_id,
        late_usage.account_id,
        'source_row_count' as figure,
        cast(null as {{ dbt.type_string() }}) as old_value,
        concat('+', late_usage.late_row_count) as new_value,
        'late' as reason,
        late_usage.affected_date,
        late_usage.known_date
    from late_usage
    union all
    select
        'fct_contracts' as mart,
        contract_changes.source_name,
        contract_changes.record_id,
        contract_changes.account_id,
        contract_changes.figure,
        contract_changes.old_value,
        contract_changes.new_value,
        case
            when contract_changes.figure <> 'account_id' then 'corrected'
            when contract_changes.old_value is null then 'matched'
            else 'moved'
        end as reason,
        contract_changes.affected_date,
        contract_changes.known_date
    from contract_changes
    union all
    select
        'fct_support_tickets' as mart,
        ticket_changes.source_name,
        ticket_changes.record_id,
        ticket_changes.account_id,
        ticket_changes.figure,
        ticket_changes.old_value,
        ticket_changes.new_value,
        case
            when ticket_changes.figure = 'account_id' and ticket_changes.old_value is null then 'matched'
            when ticket_changes.figure = 'account_id' then 'moved'
            when ticket_changes.figure = 'is_deleted' and ticket_changes.new_value = 'true' then 'deleted'
            when ticket_changes.figure <> 'resolved_at' then 'corrected'
            when ticket_changes.new_value is null then 'reopened'
            when ticket_changes.old_value is null then 'late'
            else 'corrected'
        end as reason,
        ticket_changes.affected_date,
        ticket_changes.known_date
    from ticket_changes

),

final as (

    select
        {{ surrogate_key(['found.mart', 'found.source_name', 'found.record_id', 'found.account_id', 'found.figure',
                          'found.affected_date', 'found.known_date']) }} as restatement_id,
        found.mart,
        found.affected_date,
        found.known_date,
        case
            when found.reason = 'moved' and aliases.account_id is not null then 'merged' else found.reason
        end as reason,
        found.account_id,
        found.source_name,
        found.record_id,
        found.figure,
        found.old_value,
        found.new_value
    from found
    left join aliases
        on
            found.reason = 'moved'
            and found.old_value = aliases.account_id
            and found.new_value = aliases.surviving_account_id

)

select
    final.restatement_id,
    final.mart,
    final.affected_date,
    final.known_date,
    final.reason,
    final.account_id,
    final.source_name,
    final.record_id,
    final.figure,
    final.old_value,
    final.new_value
from final
