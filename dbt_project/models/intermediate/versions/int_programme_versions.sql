{{ versions_of('programmes') }}
