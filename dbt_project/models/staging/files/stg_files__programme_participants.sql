{{ staged_rows('files', 'programme_participants') }}
