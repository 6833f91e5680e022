{{ staged_rows('salesforce', 'sales_requests') }}
