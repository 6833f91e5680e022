{{ versions_of('referrals', identified_by=['account']) }}
