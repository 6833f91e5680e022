{{ staged_rows('files', 'ticket_messages') }}
