{# A 64-bit float; dbt's own type_float is 32 bits wide on DuckDB. #}

{% macro type_double() %}{{ adapter.dispatch('type_double', 'bansou')() }}{% endmacro %}

{% macro default__type_double() %}double precision{% endmacro %}

{% macro spark__type_double() %}double{% endmacro %}
