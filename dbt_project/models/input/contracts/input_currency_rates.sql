{{ input_rows('currency_rates') }}
