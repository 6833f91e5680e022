{{ staged_rows('intercom', 'tickets') }}
