{{ versions_of('holidays') }}
