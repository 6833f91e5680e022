{{ staged_rows('salesforce', 'hearings') }}
