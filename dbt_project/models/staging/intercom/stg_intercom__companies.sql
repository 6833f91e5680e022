{{ staged_rows('intercom', 'companies') }}
