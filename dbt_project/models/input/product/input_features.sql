{{ input_rows('features') }}
