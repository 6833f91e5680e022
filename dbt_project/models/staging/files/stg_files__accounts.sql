{{ staged_rows('files', 'accounts') }}
