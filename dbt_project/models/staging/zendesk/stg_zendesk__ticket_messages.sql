{{ staged_rows('zendesk', 'ticket_messages') }}
