{{ staged_rows('application', 'users') }}
