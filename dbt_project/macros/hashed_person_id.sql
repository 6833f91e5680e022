{# A person's key as readers see it: the same for the same person, and of no use outside of this installation. #}

{% macro hashed_person_id(person_id) %}
    case when {{ person_id }} is not null then md5(concat({{ person_salt() }}, {{ person_id }})) end
{%- endmacro %}

{% macro person_salt() %}
    (select salts.salt from {{ ref('stg_ledger__salts') }} as salts)
{%- endmacro %}
