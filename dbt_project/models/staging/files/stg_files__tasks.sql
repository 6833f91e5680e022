{{ staged_rows('files', 'tasks') }}
