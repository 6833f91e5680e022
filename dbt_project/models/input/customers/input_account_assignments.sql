{{ input_rows('account_assignments') }}
