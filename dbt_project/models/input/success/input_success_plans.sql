{{ input_rows('success_plans') }}
