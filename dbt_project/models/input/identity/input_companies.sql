{{ input_rows('companies') }}
