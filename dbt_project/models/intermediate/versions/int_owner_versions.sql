{{ versions_of('owners') }}
