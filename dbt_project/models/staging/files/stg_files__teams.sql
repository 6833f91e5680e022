{{ staged_rows('files', 'teams') }}
