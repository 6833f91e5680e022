{{ staged_rows('files', 'voice_tickets') }}
