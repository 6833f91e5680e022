{# Microseconds from one timestamp to another, as a whole number: as exact as a decimal, and a third of the time. #}

{% macro microseconds_between(first_moment, last_moment) %}
    {{- adapter.dispatch('microseconds_between', 'bansou')(first_moment, last_moment) -}}
{% endmacro %}

{% macro default__microseconds_between(first_moment, last_moment) -%}
    cast(extract(epoch from ({{ last_moment }} - {{ first_moment }})) * 1000000 as bigint)
{%- endmacro %}

{% macro duckdb__microseconds_between(first_moment, last_moment) -%}
    (epoch_us({{ last_moment }}) - epoch_us({{ first_moment }}))
{%- endmacro %}

{% macro spark__microseconds_between(first_moment, last_moment) -%}
    (unix_micros({{ last_moment }}) - unix_micros({{ first_moment }}))
{%- endmacro %}
