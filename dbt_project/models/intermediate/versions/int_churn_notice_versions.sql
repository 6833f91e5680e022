{{ versions_of('churn_notices', identified_by=['account']) }}
