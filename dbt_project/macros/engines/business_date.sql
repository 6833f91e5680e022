{# The business day on which a UTC timestamp falls. #}

{% macro business_date(timestamp_expression) %}
    {{- adapter.dispatch('business_date', 'bansou')(timestamp_expression, var('business_timezone')) -}}
{% endmacro %}

{% macro default__business_date(timestamp_expression, timezone) %}
    {%- if timezone == 'UTC' -%}
        cast({{ timestamp_expression }} as date)
    {%- else -%}
        cast(timezone('{{ timezone }}', timezone('UTC', {{ timestamp_expression }})) as date)
    {%- endif -%}
{% endmacro %}

{% macro spark__business_date(timestamp_expression, timezone) %}
    to_date(from_utc_timestamp({{ timestamp_expression }}, '{{ timezone }}'))
{%- endmacro %}
