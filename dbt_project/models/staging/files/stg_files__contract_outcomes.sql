{{ staged_rows('files', 'contract_outcomes') }}
