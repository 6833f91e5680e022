{{ staged_rows('files', 'programmes') }}
