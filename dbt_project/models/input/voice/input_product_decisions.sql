{{ input_rows('product_decisions') }}
