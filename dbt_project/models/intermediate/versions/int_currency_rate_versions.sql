{{ versions_of('currency_rates') }}
