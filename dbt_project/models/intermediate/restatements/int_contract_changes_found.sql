{%- set never = "cast('9999-12-31' as date)" -%}
{{ record_changes(ref('int_contract_versions'), 'contract_id', {
    'account_id': 'new.start_date',
    'plan_name': 'new.start_date',
    'seat_count': 'new.start_date',
    'mrr_amount': 'new.start_date',
    'start_date': 'least(new.start_date, new.old_start_date)',
    'end_date': 'least(coalesce(new.end_date, ' ~ never ~ '), coalesce(new.old_end_date, ' ~ never ~ '))',
}) }}
