{{ staged_rows('slack', 'people') }}
