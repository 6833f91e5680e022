{{ staged_rows('application', 'companies') }}
