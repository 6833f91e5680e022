{{ staged_rows('files', 'referrals') }}
