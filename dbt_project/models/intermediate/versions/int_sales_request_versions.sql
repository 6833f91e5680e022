{{ versions_of('sales_requests', identified_by=['account']) }}
