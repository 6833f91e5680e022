{{ input_rows('voice_tickets') }}
