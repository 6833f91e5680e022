{{ staged_rows('zendesk', 'people') }}
