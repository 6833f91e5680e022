{# Measures are the columns of the measure models, int_<axis>_measures_calculated, whose YAML says `is_measure`; they are
   read from the graph, so that a new one needs no list to be kept. A column may name the flag of its model that says
   where it applies: `applies_where`. #}

{% macro measure_models() %}
    {{ return([
        'int_people_measures_calculated',
        'int_depth_measures_calculated',
        'int_rhythm_measures_calculated',
        'int_engagement_measures_calculated',
        'int_support_measures_calculated',
        'int_voice_measures_calculated',
        'int_value_measures_calculated',
    ]) }}
{% endmacro %}

{% macro measure_columns(model) %}
    {%- set found = [] -%}
    {%- if execute -%}
        {%- for column in graph.nodes['model.bansou.' ~ model].columns.values() if column.config.get('meta', {}).get('is_measure') -%}
            {%- do found.append(column) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{% endmacro %}

{# The measures that the measure models have a column for: one row each. #}
{% macro measures_of_models() %}
    {%- for model in measure_models() %}
        {%- for column in measure_columns(model) %}
    select '{{ column.name }}' as measure_id
    union all
        {%- endfor %}
    {%- endfor %}
    select cast(null as {{ dbt.type_string() }}) as measure_id where false
{%- endmacro %}

{# One row per row of a measure model and measure of its own: the value, and whether the measure applies there. #}
{% macro long_measures(model) %}
    {%- set columns = measure_columns(model) %}
    select
        wide.account_id,
        wide.date_day,
        measures.measure_id,
        case measures.measure_id
            when '' then null
            {%- for column in columns %}
            when '{{ column.name }}' then cast(wide.{{ column.name }} as numeric(18, 6))
            {%- endfor %}
            else cast(null as numeric(18, 6))
        end as told_value,
        case measures.measure_id
            when '' then null
            {%- for column in columns if column.config.meta.get('applies_where') %}
            when '{{ column.name }}' then wide.{{ column.config.meta.applies_where }}
            {%- endfor %}
            else true
        end as applies
    from {{ ref(model) }} as wide
    cross join (
        {%- for column in columns %}
        select '{{ column.name }}' as measure_id {{ "union all" if not loop.last }}
        {%- else %}
        select cast(null as {{ dbt.type_string() }}) as measure_id where false
        {%- endfor %}
    ) as measures
{%- endmacro %}

{# Mean of those of several points that are given; null where none is. #}
{% macro mean_of_given(columns) %}
    {%- set sum = [] -%}
    {%- set count = [] -%}
    {%- for column in columns -%}
        {%- do sum.append('coalesce(' ~ column ~ ', 0)') -%}
        {%- do count.append('case when ' ~ column ~ ' is null then 0 else 1 end') -%}
    {%- endfor -%}
    {{ ratio(sum | join(' + '), count | join(' + '), 18, 6) }}
{%- endmacro %}
