{{ input_rows('working_schedules') }}
