{{ input_rows('usage_events') }}
