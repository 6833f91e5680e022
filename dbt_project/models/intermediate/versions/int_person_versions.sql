{{ versions_of('people') }}
