{{ versions_of('survey_answers', identified_by=['account', 'user']) }}
