{{ staged_rows('files', 'fit_answers') }}
