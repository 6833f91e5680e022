{{ staged_rows('files', 'invoices') }}
