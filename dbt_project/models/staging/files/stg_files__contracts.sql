{{ staged_rows('files', 'contracts') }}
