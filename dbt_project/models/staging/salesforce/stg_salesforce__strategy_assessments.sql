{{ staged_rows('salesforce', 'strategy_assessments') }}
