{{ staged_rows('marketo', 'engagements') }}
