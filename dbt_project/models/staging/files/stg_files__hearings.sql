{{ staged_rows('files', 'hearings') }}
