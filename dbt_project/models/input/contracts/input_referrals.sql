{{ input_rows('referrals') }}
