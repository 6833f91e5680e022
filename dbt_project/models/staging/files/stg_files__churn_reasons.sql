{{ staged_rows('files', 'churn_reasons') }}
