{{ input_rows('strategy_assessments') }}
