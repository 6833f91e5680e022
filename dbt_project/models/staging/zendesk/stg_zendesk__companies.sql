{{ staged_rows('zendesk', 'companies') }}
