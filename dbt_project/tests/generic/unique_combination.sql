{# Each combination of columns stands once; with `range_column`, only the days of the run are looked at. #}

{% test unique_combination(model, columns, range_column=none) %}
    select {{ columns | join(', ') }}, count(*) as row_count
    from {{ model }}
    {%- if range_column %}
    where {{ in_run(range_column) }}
    {%- endif %}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{% endtest %}
