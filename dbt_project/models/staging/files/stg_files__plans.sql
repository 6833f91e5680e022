{{ staged_rows('files', 'plans') }}
