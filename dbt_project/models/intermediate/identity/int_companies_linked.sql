{{ linked_rows(ref('int_companies_matched'), 'company_id', has_user=false) }}
