{{ staged_rows('voice', 'voice_tickets') }}
