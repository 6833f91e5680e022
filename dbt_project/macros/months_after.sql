{# The same day of a later month, or the month's last day where it has no such day. #}
{% macro months_after(date_expression, months) %}
    cast({{ dbt.dateadd('month', months, date_expression) }} as date)
{%- endmacro %}
