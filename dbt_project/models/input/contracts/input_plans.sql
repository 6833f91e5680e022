{{ input_rows('plans') }}
