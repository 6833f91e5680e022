{{ versions_of('plans') }}
