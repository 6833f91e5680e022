{{ versions_of('community_posts', identified_by=['account', 'user']) }}
