{{ staged_rows('files', 'entitlements') }}
