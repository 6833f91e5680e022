{{ input_rows('fit_answers') }}
