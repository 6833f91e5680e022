{{ versions_of('contract_outcomes', identified_by=['account']) }}
