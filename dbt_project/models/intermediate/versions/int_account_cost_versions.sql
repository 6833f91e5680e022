{{ versions_of('account_costs', identified_by=['account']) }}
