{{ staged_rows('files', 'score_overrides') }}
