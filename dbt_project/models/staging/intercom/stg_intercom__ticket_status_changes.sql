{{ staged_rows('intercom', 'ticket_status_changes') }}
