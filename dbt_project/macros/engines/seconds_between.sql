{# Seconds from one timestamp to another, with their fraction, as a decimal. #}

{% macro seconds_between(first_moment, last_moment) %}
    {{- adapter.dispatch('seconds_between', 'bansou')(first_moment, last_moment) -}}
{% endmacro %}

{% macro default__seconds_between(first_moment, last_moment) %}
    cast(extract(epoch from ({{ last_moment }} - {{ first_moment }})) as numeric(18, 6))
{%- endmacro %}

{% macro spark__seconds_between(first_moment, last_moment) %}
    cast((unix_micros({{ last_moment }}) - unix_micros({{ first_moment }})) / 1000000 as decimal(18, 6))
{%- endmacro %}
