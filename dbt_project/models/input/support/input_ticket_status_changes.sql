{{ input_rows('ticket_status_changes') }}
