{{ input_rows('survey_invitations') }}
