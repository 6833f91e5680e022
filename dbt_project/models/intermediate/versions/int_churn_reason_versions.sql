{{ versions_of('churn_reasons', identified_by=['account']) }}
