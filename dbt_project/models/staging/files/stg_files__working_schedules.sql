{{ staged_rows('files', 'working_schedules') }}
