{{ input_rows('churn_notices') }}
