{# A percentile of minutes in a group, between two values where it falls between them; nulls are passed over. It is
   rounded from four decimals, which every engine reads alike out of a double. #}

{% macro percentile(expression, fraction) %}
    {{- adapter.dispatch('percentile', 'bansou')(expression, fraction) -}}
{% endmacro %}

{% macro default__percentile(expression, fraction) -%}
    cast(round(cast(
        percentile_cont({{ fraction }}) within group (order by cast({{ expression }} as double precision))
        as numeric(18, 4)), 2) as numeric(18, 2))
{%- endmacro %}

{% macro spark__percentile(expression, fraction) -%}
    cast(round(cast(
        percentile_cont({{ fraction }}) within group (order by cast({{ expression }} as double))
        as decimal(18, 4)), 2) as decimal(18, 2))
{%- endmacro %}
