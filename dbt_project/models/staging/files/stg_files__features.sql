{{ staged_rows('files', 'features') }}
