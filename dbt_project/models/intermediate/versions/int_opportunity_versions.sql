{{ versions_of('opportunities', identified_by=['account']) }}
