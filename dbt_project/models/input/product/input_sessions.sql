{{ input_rows('sessions') }}
