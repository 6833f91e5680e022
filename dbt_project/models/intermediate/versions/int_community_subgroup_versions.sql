{{ versions_of('community_subgroups') }}
