{{ staged_rows('files', 'opportunities') }}
