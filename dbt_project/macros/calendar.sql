{# The same day of a later month, or the month's last day where it has no such day. #}
{% macro months_after(date_expression, months) %}
    cast({{ dbt.dateadd('month', months, date_expression) }} as date)
{%- endmacro %}

{# Whole days from one date to another. #}
{% macro days_from(first_date, last_date) -%}
    cast({{ dbt.datediff(first_date, last_date, 'day') }} as integer)
{%- endmacro %}
