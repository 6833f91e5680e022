{{ staged_rows('files', 'usage_events') }}
