{{ staged_rows('marketo', 'people') }}
