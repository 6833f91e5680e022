{{ versions_of('account_assignments', identified_by=['account']) }}
