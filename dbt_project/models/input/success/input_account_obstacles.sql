{{ input_rows('account_obstacles') }}
