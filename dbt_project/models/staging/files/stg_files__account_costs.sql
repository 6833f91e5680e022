{{ staged_rows('files', 'account_costs') }}
