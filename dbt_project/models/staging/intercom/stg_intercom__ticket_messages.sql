{{ staged_rows('intercom', 'ticket_messages') }}
