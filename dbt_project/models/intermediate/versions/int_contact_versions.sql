{{ versions_of('contacts', identified_by=['account', 'user']) }}
