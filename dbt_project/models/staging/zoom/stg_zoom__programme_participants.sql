{{ staged_rows('zoom', 'programme_participants') }}
