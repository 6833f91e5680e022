with ticket_versions as (

    select * from {{ ref('int_ticket_versions') }}

),

replies as (

    select * from {{ ref('int_ticket_replies_counted') }}

),

accounts as (

    select
        versions.*,
        row_number() over (partition by versions.account_id order by versions.valid_from_date) = 1 as is_first
    from {{ ref('int_account_versions') }} as versions

),

spans as (

    select
        found.source_name,
        found.ticket_id,
        max(found.span_number) filter (where found.has_status_changes) - 1 as reopen_count,
        min(found.resolved_at) as first_resolved_at,
        max(found.resolved_at) as last_resolved_at,
        bool_or(found.resolved_at is null) as is_unresolved
    from {{ ref('int_ticket_spans_found') }} as found
    group by found.source_name, found.ticket_id

),

final as (

    select
        tickets.source_name,
        tickets.ticket_id,
        tickets.account_id,
        tickets.user_id,
        coalesce(tickets.schedule_id, {{ default_schedule_id() }}) as schedule_id,
        accounts.segment,
        tickets.channel,
        tickets.status,
        tickets.priority,
        tickets.satisfaction,
        replies.first_reply_kind,
        coalesce(tickets.is_escalated, false) as is_escalated,
        coalesce(tickets.is_deleted, false) or coalesce(tickets.status = 'deleted', false) as is_deleted,
        coalesce({{ is_customer('accounts') }}, true) as is_customer,
        replies.reply_count,
        replies.handoff_count,
        spans.reopen_count,
        case when replies.ticket_id is null then tickets.first_reply_minutes end as told_first_reply_minutes,
        tickets.created_at,
        case
            when replies.ticket_id is not null then replies.first_replied_at
            else {{ dbt.dateadd('millisecond', 'cast(tickets.first_reply_minutes * 60000 as bigint)',
                                'tickets.created_at') }}
        end as first_replied_at,
        spans.first_resolved_at,
        case when not spans.is_unresolved then spans.last_resolved_at end as resolved_at
    from ticket_versions as tickets
    left join replies on tickets.source_name = replies.source_name and tickets.ticket_id = replies.ticket_id
    left join spans on tickets.source_name = spans.source_name and tickets.ticket_id = spans.ticket_id
    left join accounts
        on
            tickets.account_id = accounts.account_id
            and {{ linked_on('accounts', business_date('tickets.created_at')) }}
    where {{ in_force('tickets', as_of_date()) }}

)

select * from final
