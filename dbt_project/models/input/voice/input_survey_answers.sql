{{ input_rows('survey_answers') }}
