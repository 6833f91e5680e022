{{ staged_rows('files', 'holidays') }}
