{%- set created_date = business_date('new.created_at') -%}
{{ record_changes(ref('int_ticket_versions'), 'ticket_id', {
    'account_id': created_date,
    'priority': created_date,
    'is_deleted': created_date,
    'resolved_at': 'least(' ~ business_date('new.resolved_at') ~ ', ' ~ business_date('new.old_resolved_at') ~ ')',
}) }}
