{# Deadlines for which the ladder is held against renewals: every second week of the first half year. #}
{% macro ladder_deadlines() %}
    {%- for weeks in range(2, 27, 2) %}
    select {{ weeks }} as deadline_weeks
    {{ "union all" if not loop.last }}
    {%- endfor %}
{%- endmacro %}
