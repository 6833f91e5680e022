{{ versions_of('fit_answers', identified_by=['account']) }}
