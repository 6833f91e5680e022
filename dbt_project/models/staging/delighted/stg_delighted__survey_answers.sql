{{ staged_rows('delighted', 'survey_answers') }}
