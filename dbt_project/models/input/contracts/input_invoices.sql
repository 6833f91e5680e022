{{ input_rows('invoices') }}
