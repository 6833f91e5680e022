{{ input_rows('teams') }}
