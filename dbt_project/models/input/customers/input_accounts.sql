{{ input_rows('accounts') }}
