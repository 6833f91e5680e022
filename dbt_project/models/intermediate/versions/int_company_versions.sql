{{ versions_of('companies') }}
