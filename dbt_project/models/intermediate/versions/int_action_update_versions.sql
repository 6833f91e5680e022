{{ versions_of('action_updates', identified_by=['account']) }}
