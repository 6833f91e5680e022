{# A change of the score over so many days, out of one row for each span of days. #}
{% macro change_of(days, difference) %}
    cast(max(case when stepped.days = {{ days }} then {{ difference }} end) as numeric(18, 12))
{%- endmacro %}
