{{ versions_of('voice_tickets', identified_by=['account', 'user']) }}
