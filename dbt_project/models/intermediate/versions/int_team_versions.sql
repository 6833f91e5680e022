{{ versions_of('teams') }}
