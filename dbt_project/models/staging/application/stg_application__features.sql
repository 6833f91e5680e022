{{ staged_rows('application', 'features') }}
