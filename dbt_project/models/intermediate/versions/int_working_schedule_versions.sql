{{ versions_of('working_schedules') }}
