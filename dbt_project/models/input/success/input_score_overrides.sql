{{ input_rows('score_overrides') }}
