{{ input_rows('contract_outcomes') }}
