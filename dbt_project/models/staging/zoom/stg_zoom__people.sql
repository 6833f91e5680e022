{{ staged_rows('zoom', 'people') }}
