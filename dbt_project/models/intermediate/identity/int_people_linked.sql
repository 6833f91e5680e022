{{ linked_rows(ref('int_people_matched'), 'person_id', has_user=true) }}
