{{ input_rows('programmes') }}
