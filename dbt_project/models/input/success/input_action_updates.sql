{{ input_rows('action_updates') }}
