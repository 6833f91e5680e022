{{ input_rows('entitlements') }}
