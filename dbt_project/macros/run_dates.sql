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

{# For tables that keep what was first found: the first day whose events a run reads. The first build, and one from the
   start of history, read all; the others find what was before in the table itself. What becomes known later than the
   look-back after its day is left out everywhere, so that a range gives what its days give one by one. #}
{% macro first_day_read() %}
    {%- if is_incremental() -%}
    case
        when {{ from_date() }} <= {{ history_start_date() }} then cast('1970-01-02' as date)
        else {{ days_before(from_date(), var('usage_lookback_days')) }}
    end
    {%- else -%}
    cast('1970-01-02' as date)
    {%- endif -%}
{% endmacro %}

{# True for an event that such a table may find in a run. #}
{% macro is_read_in_run(events, moment) %}
    {{ events }}.known_date <= {{ to_date() }}
    and {{ events }}.known_date <= {{ days_after(events ~ '.event_date', var('usage_lookback_days')) }}
    and {{ events }}.event_date <= {{ to_date() }}
    and {{ events }}.{{ moment }} < {{ days_after(to_date(), 2) }}
    and {{ events }}.event_date >= {{ first_day_read() }}
    and {{ events }}.{{ moment }} >= {{ days_before(first_day_read(), 1) }}
{%- endmacro %}

{# True for a row that such a table does not hold of an earlier day. `key` names what is found once, `day` when. #}
{% macro is_not_found_before(rows, key, day) %}
    {%- if is_incremental() -%}
    not exists (
        select 1
        from {{ this }} as found_before
        where
            {% for column in key -%}
            found_before.{{ column }} = {{ rows }}.{{ column }} and
            {% endfor -%}
            found_before.{{ day }} < {{ from_date() }}
    )
    {%- else -%}
    true
    {%- endif -%}
{%- endmacro %}
