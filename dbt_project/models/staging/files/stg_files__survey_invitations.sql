{{ staged_rows('files', 'survey_invitations') }}
