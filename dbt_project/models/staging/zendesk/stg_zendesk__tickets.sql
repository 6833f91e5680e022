{{ staged_rows('zendesk', 'tickets') }}
