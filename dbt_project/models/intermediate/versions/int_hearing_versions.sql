{{ versions_of('hearings', identified_by=['account']) }}
