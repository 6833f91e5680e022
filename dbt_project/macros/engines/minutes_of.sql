{# Microseconds, a whole number and not negative, as minutes with two decimals, half a hundredth rounded up. #}

{% macro minutes_of(microseconds) %}
    {{- adapter.dispatch('minutes_of', 'bansou')(microseconds) -}}
{% endmacro %}

{% macro default__minutes_of(microseconds) -%}
    cast(cast(({{ microseconds }} + 300000) / 600000 as numeric(18, 0)) * 0.01 as numeric(18, 2))
{%- endmacro %}

{% macro duckdb__minutes_of(microseconds) -%}
    cast(cast(({{ microseconds }} + 300000) // 600000 as numeric(16, 0)) * cast(0.01 as numeric(2, 2)) as numeric(18, 2))
{%- endmacro %}

{% macro spark__minutes_of(microseconds) -%}
    cast(cast(({{ microseconds }} + 300000) div 600000 as decimal(18, 0)) * 0.01 as decimal(18, 2))
{%- endmacro %}
