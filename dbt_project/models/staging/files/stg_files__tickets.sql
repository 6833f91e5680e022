{{ staged_rows('files', 'tickets') }}
