{{ staged_rows('hubspot', 'opportunities') }}
