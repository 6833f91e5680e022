{{ staged_rows('zoom', 'engagements') }}
