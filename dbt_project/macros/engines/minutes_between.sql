{# Minutes from one timestamp to another, with their fraction. #}

{% macro minutes_between(first_moment, last_moment) %}
    {{- adapter.dispatch('minutes_between', 'bansou')(first_moment, last_moment) -}}
{% endmacro %}

{% macro default__minutes_between(first_moment, last_moment) %}
    extract(epoch from ({{ last_moment }} - {{ first_moment }})) / 60.0
{%- endmacro %}

{% macro spark__minutes_between(first_moment, last_moment) %}
    (unix_millis({{ last_moment }}) - unix_millis({{ first_moment }})) / 60000.0
{%- endmacro %}
