{{ staged_rows('files', 'strategy_assessments') }}
