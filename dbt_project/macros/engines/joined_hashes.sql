{# One text over the rows of a group, whatever their order: their hashes, sorted and joined. #}

{% macro joined_hashes(expression) %}
    {{- adapter.dispatch('joined_hashes', 'bansou')(expression) -}}
{% endmacro %}

{% macro default__joined_hashes(expression) -%}
    string_agg(md5({{ expression }}), '' order by md5({{ expression }}))
{%- endmacro %}

{% macro spark__joined_hashes(expression) -%}
    array_join(array_sort(collect_list(md5({{ expression }}))), '')
{%- endmacro %}
