{{ staged_rows('zendesk', 'working_schedules') }}
