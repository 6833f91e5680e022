{# A ratio as a double; null where the denominator is zero, on every engine. #}
{% macro divided(numerator, denominator) %}
    cast({{ numerator }} as {{ type_double() }}) / nullif(cast({{ denominator }} as {{ type_double() }}), 0)
{%- endmacro %}
