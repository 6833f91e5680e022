{{ versions_of('entitlements') }}
