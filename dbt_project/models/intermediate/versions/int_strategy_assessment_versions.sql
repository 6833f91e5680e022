{{ versions_of('strategy_assessments', identified_by=['account']) }}
