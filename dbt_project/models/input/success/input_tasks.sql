{{ input_rows('tasks') }}
