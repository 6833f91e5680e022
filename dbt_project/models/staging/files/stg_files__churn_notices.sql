{{ staged_rows('files', 'churn_notices') }}
