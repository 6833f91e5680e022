{# The input layer's two generated bodies. What an entity is stands in its input model's YAML alone: staging renames into
   its columns, the input model unites the staging models that feed it. #}

{# What the input model of an entity says of itself; empty while dbt parses. #}
{% macro input_meta(entity) %}
    {%- if execute -%}
        {{ return(graph.nodes['model.bansou.input_' ~ entity].config.meta) }}
    {%- endif -%}
    {{ return({}) }}
{% endmacro %}

{# Columns of an entity whose YAML carries a mark, or carries none of the marks that sources do not deliver; none while
   dbt parses, or runs a unit test. #}
{% macro input_columns(entity, mark=none) %}
    {%- set found = [] -%}
    {%- if execute and graph.nodes -%}
        {%- for column in graph.nodes['model.bansou.input_' ~ entity].columns.values() -%}
            {%- set marks = column.config.get('meta', {}) -%}
            {%- set is_delivered = not (marks.get('is_provenance') or marks.get('is_derived')) -%}
            {%- if (mark and marks.get(mark)) or (not mark and is_delivered) -%}
                {%- do found.append(column) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{% endmacro %}

{# Every column of an input model, in the order of its rows. #}
{% macro all_input_columns(entity) %}
    {{ return(input_columns(entity) + input_columns(entity, 'is_provenance') + input_columns(entity, 'is_derived')) }}
{% endmacro %}

{# Raw rows as a source delivered them, in the contract's columns; there where a configured source is of that type.
   `replaced` gives SQL for columns that the source means otherwise than the contract does. #}
{% macro staged_rows(source_type, entity, replaced={}) %}
{{ config(enabled=source_type in var('feeds').get(entity, [])) }}
with source as (

    select * from {{ source('raw', source_type ~ '_' ~ entity) }}

),

final as (

    select
        {% for column in input_columns(entity) -%}
        {{ replaced[column.name] ~ " as " ~ column.name if column.name in replaced else "source." ~ column.name }},
        {% endfor -%}
        {% for column in input_columns(entity, 'is_provenance') -%}
        source._{{ 'record_key' if column.name == 'event_key' else column.name }} as {{ column.name }}
        {{- "," if not loop.last }}
        {% endfor %}
    from source

)

select * from final
{%- endmacro %}

{# The union of the staging models that feed an entity, with its business days. An entity that no source feeds is an
   empty table of the same shape, so that marts never ask who delivers. #}
{% macro input_rows(entity) %}
    {%- set columns = input_columns(entity) + input_columns(entity, 'is_provenance') -%}
    {%- set event_time = input_columns(entity, 'is_event_time') -%}
with fed as (
    {% for source_type in var('feeds').get(entity, []) %}
    select
        {% for column in columns -%}
        staged.{{ column.name }}{{ "," if not loop.last }}
        {% endfor %}
    from {{ ref('stg_' ~ source_type ~ '__' ~ entity) }} as staged
    {{ "union all" if not loop.last }}
    {%- else %}
    select
        {% for column in columns -%}
        cast(null as {{ column.data_type }}) as {{ column.name }}{{ "," if not loop.last }}
        {% endfor %}
    from (select 1 as nothing) as empty_source
    where false
    {% endfor %}

),

final as (

    select
        fed.*,
        {% if event_time -%}
        {{ business_date('fed.' ~ event_time[0].name) }} as event_date,
        {% endif -%}
        {{ business_date('fed.known_at') }} as known_date
    from fed

)

select * from final
{%- endmacro %}
