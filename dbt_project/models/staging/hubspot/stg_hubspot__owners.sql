{{ staged_rows('hubspot', 'owners') }}
