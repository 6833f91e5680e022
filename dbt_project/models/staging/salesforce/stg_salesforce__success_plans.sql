{{ staged_rows('salesforce', 'success_plans') }}
