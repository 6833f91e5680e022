{{ input_rows('owners') }}
