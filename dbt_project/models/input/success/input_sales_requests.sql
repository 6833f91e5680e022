{{ input_rows('sales_requests') }}
