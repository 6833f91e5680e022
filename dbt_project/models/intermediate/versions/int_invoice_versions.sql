{{ versions_of('invoices', identified_by=['account']) }}
