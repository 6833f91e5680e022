{{ staged_rows('files', 'action_updates') }}
