{# Measures are the columns of int_measures_calculated whose YAML says `is_measure`; they are read from the graph, so
   that a new one needs no list to be kept. #}

{% macro measure_columns() %}
    {%- set found = [] -%}
    {%- if execute -%}
        {%- for column in graph.nodes['model.bansou.int_measures_calculated'].columns.values() -%}
            {%- if column.config.get('meta', {}).get('is_measure') or column.meta.get('is_measure') -%}
                {%- do found.append(column.name) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{% endmacro %}

{# The value of the measure at hand out of its wide row. #}
{% macro measure_value(measure_id, wide) %}
    case {{ measure_id }}
        {%- for column in measure_columns() %}
        when '{{ column }}' then cast({{ wide }}.{{ column }} as numeric(18, 6))
        {%- endfor %}
        else cast(null as numeric(18, 6))
    end
{%- endmacro %}
