{{ input_rows('contacts') }}
