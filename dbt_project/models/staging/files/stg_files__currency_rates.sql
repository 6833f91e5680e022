{{ staged_rows('files', 'currency_rates') }}
