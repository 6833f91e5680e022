{{ staged_rows('salesforce', 'accounts') }}
