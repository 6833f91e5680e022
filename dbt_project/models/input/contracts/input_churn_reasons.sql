{{ input_rows('churn_reasons') }}
