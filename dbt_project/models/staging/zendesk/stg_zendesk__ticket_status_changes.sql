{{ staged_rows('zendesk', 'ticket_status_changes') }}
