{{ input_rows('contracts') }}
