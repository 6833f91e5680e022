{{ versions_of('success_plans', identified_by=['account']) }}
