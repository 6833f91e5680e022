{# Rows of a table once for each day of a span of their own, `date_day`, both ends included. #}

{% macro days_of_each(table, first_date, last_date) %}
    {{- adapter.dispatch('days_of_each', 'bansou')(table, first_date, last_date) -}}
{% endmacro %}

{% macro default__days_of_each(table, first_date, last_date) %}
    select
        {{ table }}.*,
        cast(spine.moment as date) as date_day
    from {{ table }}
    cross join lateral generate_series(
        cast({{ first_date }} as timestamp), cast({{ last_date }} as timestamp), interval '1' day
    ) as spine (moment)
{%- endmacro %}

{% macro spark__days_of_each(table, first_date, last_date) %}
    select
        {{ table }}.*,
        explode(sequence({{ first_date }}, {{ last_date }})) as date_day
    from {{ table }}
{%- endmacro %}
