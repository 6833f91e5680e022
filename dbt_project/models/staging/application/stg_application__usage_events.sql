{{ staged_rows('application', 'usage_events') }}
