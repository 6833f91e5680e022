{{ staged_rows('files', 'companies') }}
