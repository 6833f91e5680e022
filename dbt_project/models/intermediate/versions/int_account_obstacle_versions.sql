{{ versions_of('account_obstacles', identified_by=['account']) }}
