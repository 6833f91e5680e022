{# The whole numbers of a group in one text, the smallest first, parted by a space; null where there are none. #}

{% macro joined_numbers(expression) %}
    {{- adapter.dispatch('joined_numbers', 'bansou')(expression) -}}
{% endmacro %}

{% macro default__joined_numbers(expression) -%}
    string_agg(cast({{ expression }} as {{ dbt.type_string() }}), ' ' order by {{ expression }})
{%- endmacro %}

{% macro spark__joined_numbers(expression) -%}
    nullif(array_join(cast(array_sort(collect_list({{ expression }})) as array<string>), ' '), '')
{%- endmacro %}
