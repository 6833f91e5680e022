{# Rows of an input entity under our own account and user ids. A source that delivers companies (or people) has ids of its
   own: they are looked up in the crosswalk, and a row that was known before its link counts from the day of the link.
   Where a source names no company, the account is that of the person. #}

{% macro identified_rows(entity, identified_by) %}
    {%- set found = {'account_id': 'source_rows.account_id', 'user_id': 'source_rows.user_id',
        'known_date': 'source_rows.known_date'} -%}
    {%- if 'account' in identified_by -%}
        {%- do found.update({'account_id':
            'case when own_companies.source_name is null then source_rows.account_id else company_links.account_id end',
            'known_date': 'greatest(source_rows.known_date, company_links.valid_from_date)'}) -%}
    {%- endif -%}
    {%- if 'user' in identified_by -%}
        {%- do found.update({'user_id':
            'case when own_people.source_name is null then source_rows.user_id else person_links.user_id end',
            'account_id': 'coalesce(' ~ found.account_id ~ ', person_links.account_id)',
            'known_date':
            'greatest(source_rows.known_date, company_links.valid_from_date, person_links.valid_from_date)'}) -%}
    {%- endif -%}
    select
        {% for column in all_input_columns(entity) -%}
        {{ found.get(column.name, 'source_rows.' ~ column.name) }} as {{ column.name }}{{ "," if not loop.last }}
        {% endfor -%}
        {%- if 'account' in identified_by -%}, source_rows.account_id as source_account_id{%- endif -%}
        {%- if 'user' in identified_by -%}, source_rows.user_id as source_user_id{%- endif %}
    from {{ ref('input_' ~ entity) }} as source_rows
    {%- if 'account' in identified_by %}
    left join (select distinct companies.source_name from {{ ref('int_companies_matched') }} as companies)
        as own_companies
        on source_rows.source_name = own_companies.source_name
    left join {{ ref('int_companies_linked') }} as company_links
        on source_rows.source_name = company_links.source_name and source_rows.account_id = company_links.company_id
        and {{ linked_on('company_links', 'source_rows.known_date') }}
    {%- endif %}
    {%- if 'user' in identified_by %}
    left join (select distinct people.source_name from {{ ref('int_people_matched') }} as people) as own_people
        on source_rows.source_name = own_people.source_name
    left join {{ ref('int_people_linked') }} as person_links
        on source_rows.source_name = person_links.source_name and source_rows.user_id = person_links.person_id
        and {{ linked_on('person_links', 'source_rows.known_date') }}
    {%- endif %}
{%- endmacro %}

{# The link of a row: that in force when the row became known, or the first one where the row came before it. #}
{% macro linked_on(links, known_date) %}
    (
        ({{ links }}.is_first or {{ known_date }} >= {{ links }}.valid_from_date)
        and ({{ links }}.valid_to_date is null or {{ known_date }} < {{ links }}.valid_to_date)
    )
{%- endmacro %}

{# True for a customer: neither an account of tests nor one of our own company. #}
{% macro is_customer(accounts) %}
    not coalesce({{ accounts }}.is_test, false) and not coalesce({{ accounts }}.is_internal, false)
{%- endmacro %}

{# Domain of a mail address or a company, in the form in which domains are compared. #}
{% macro domain_of(text) %}
    lower(trim(case when position('@' in {{ text }}) > 0 then split_part({{ text }}, '@', 2) else {{ text }} end))
{%- endmacro %}
