{{ staged_rows('files', 'account_assignments') }}
