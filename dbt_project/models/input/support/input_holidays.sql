{{ input_rows('holidays') }}
