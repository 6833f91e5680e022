{# A table with one row per day, `date_day`, both ends included. #}

{% macro days_between(first_date, last_date) %}
    {{- adapter.dispatch('days_between', 'bansou')(first_date, last_date) -}}
{% endmacro %}

{% macro default__days_between(first_date, last_date) %}
    select cast(spine.moment as date) as date_day
    from generate_series(
        cast({{ first_date }} as timestamp), cast({{ last_date }} as timestamp), interval '1' day
    ) as spine (moment)
{%- endmacro %}

{% macro spark__days_between(first_date, last_date) %}
    select explode(sequence({{ first_date }}, {{ last_date }})) as date_day
{%- endmacro %}
