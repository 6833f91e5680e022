{{ input_rows('account_costs') }}
