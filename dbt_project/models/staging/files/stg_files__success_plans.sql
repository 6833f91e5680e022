{{ staged_rows('files', 'success_plans') }}
