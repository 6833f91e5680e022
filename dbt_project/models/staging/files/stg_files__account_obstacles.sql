{{ staged_rows('files', 'account_obstacles') }}
