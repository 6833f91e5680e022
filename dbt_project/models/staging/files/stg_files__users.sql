{{ staged_rows('files', 'users') }}
