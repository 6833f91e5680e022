{{ versions_of('programme_participants', identified_by=['account', 'user']) }}
