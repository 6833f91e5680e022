{{ staged_rows('zendesk', 'holidays') }}
