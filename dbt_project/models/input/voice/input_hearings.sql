{{ input_rows('hearings') }}
