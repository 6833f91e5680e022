{{ input_rows('community_subgroups') }}
