{{ staged_rows('files', 'sales_requests') }}
