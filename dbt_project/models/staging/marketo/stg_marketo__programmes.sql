{{ staged_rows('marketo', 'programmes') }}
