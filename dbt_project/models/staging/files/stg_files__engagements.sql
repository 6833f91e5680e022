{{ staged_rows('files', 'engagements') }}
