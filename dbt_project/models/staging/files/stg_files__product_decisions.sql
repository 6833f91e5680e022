{{ staged_rows('files', 'product_decisions') }}
