{{ staged_rows('files', 'trials') }}
