{# Day of the week by ISO 8601: Monday 1 … Sunday 7. #}

{% macro day_of_week(date_expression) %}
    {{- adapter.dispatch('day_of_week', 'bansou')(date_expression) -}}
{% endmacro %}

{% macro default__day_of_week(date_expression) %}cast(extract(isodow from {{ date_expression }}) as integer){% endmacro %}

{% macro spark__day_of_week(date_expression) %}weekday({{ date_expression }}) + 1{% endmacro %}
