{{ versions_of('tasks', identified_by=['account']) }}
