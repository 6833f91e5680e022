{{ staged_rows('files', 'community_subgroups') }}
