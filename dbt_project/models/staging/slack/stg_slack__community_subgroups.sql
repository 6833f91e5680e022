{{ staged_rows('slack', 'community_subgroups') }}
