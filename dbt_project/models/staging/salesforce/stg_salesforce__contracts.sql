-- Salesforce names the last day of a contract, we the first day after it.
{{ staged_rows('salesforce', 'contracts', replaced={'end_date': "cast(source.end_date + interval '1' day as date)"}) }}
