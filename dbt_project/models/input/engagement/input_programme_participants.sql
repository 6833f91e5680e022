{{ input_rows('programme_participants') }}
