{{ versions_of('trials', identified_by=['account', 'user']) }}
