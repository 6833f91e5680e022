{{ input_rows('engagements') }}
