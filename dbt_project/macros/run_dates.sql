{# The days of a run, as SQL dates. They come from the environment and not from vars, because dbt parses the whole
   project again whenever a var changes, and these change every day. Outside a run they fall back to one day. #}

{% macro run_date(name, fallback) %}
    {%- if execute -%}
        cast('{{ env_var(name, var(name | lower, fallback)) }}' as date)
    {%- else -%}
        cast('{{ fallback }}' as date)
    {%- endif -%}
{% endmacro %}

{% macro from_date() %}{{ run_date('BANSOU_FROM_DATE', var('history_start_date')) }}{% endmacro %}

{% macro to_date() %}{{ run_date('BANSOU_TO_DATE', var('history_start_date')) }}{% endmacro %}

{% macro as_of_date() %}{{ run_date('BANSOU_AS_OF_DATE', var('history_start_date')) }}{% endmacro %}

{% macro days_after(date_expression, days) %}
    cast({{ date_expression }} + interval '{{ days }}' day as date)
{%- endmacro %}

{% macro days_before(date_expression, days) %}
    cast({{ date_expression }} - interval '{{ days }}' day as date)
{%- endmacro %}

{% macro in_run(date_expression) %}
    {{ date_expression }} between {{ from_date() }} and {{ to_date() }}
{%- endmacro %}

{# The first day that the warehouse covers. #}
{% macro history_start_date() %}cast('{{ var("history_start_date") }}' as date){% endmacro %}
