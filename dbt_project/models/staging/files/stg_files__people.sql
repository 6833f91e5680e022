{{ staged_rows('files', 'people') }}
