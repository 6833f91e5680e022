{{ staged_rows('salesforce', 'opportunities') }}
