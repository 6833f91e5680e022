{{ staged_rows('hubspot', 'accounts') }}
