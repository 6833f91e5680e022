{{ staged_rows('intercom', 'people') }}
