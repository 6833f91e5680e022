{{ staged_rows('zoom', 'programmes') }}
