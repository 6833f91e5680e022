{{ staged_rows('files', 'ticket_status_changes') }}
