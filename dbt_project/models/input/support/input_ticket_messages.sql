{{ input_rows('ticket_messages') }}
