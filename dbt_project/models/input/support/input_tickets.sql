{{ input_rows('tickets') }}
