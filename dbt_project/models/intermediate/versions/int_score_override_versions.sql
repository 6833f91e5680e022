{{ versions_of('score_overrides', identified_by=['account']) }}
