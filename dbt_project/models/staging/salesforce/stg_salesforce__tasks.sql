{{ staged_rows('salesforce', 'tasks') }}
