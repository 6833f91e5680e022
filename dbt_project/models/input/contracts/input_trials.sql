{{ input_rows('trials') }}
