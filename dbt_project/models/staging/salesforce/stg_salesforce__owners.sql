{{ staged_rows('salesforce', 'owners') }}
