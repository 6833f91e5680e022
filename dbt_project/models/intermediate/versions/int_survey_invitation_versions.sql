{{ versions_of('survey_invitations', identified_by=['account', 'user']) }}
