{{ staged_rows('delighted', 'people') }}
