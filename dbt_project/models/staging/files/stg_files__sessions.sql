{{ staged_rows('files', 'sessions') }}
