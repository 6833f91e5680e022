{{ staged_rows('files', 'survey_answers') }}
