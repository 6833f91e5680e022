{{ staged_rows('files', 'owners') }}
