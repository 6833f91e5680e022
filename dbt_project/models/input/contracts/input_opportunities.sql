{{ input_rows('opportunities') }}
