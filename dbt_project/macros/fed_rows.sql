{# The union of the staging models that feed an input entity, in the columns that the input model's YAML declares.
   An entity that no source feeds is an empty table of the same shape, so that marts never ask who delivers. #}

{% macro fed_rows(entity) %}
    {%- set columns = contract_columns() -%}
    {%- set source_types = var('feeds').get(entity, []) -%}
    {%- for source_type in source_types %}
        {%- set staged = ref('stg_' ~ source_type ~ '__' ~ entity) %}
    select
        {% for column in columns -%}
        staged.{{ column.name }}{{ "," if not loop.last }}
        {% endfor %}
    from {{ staged }} as staged
        {%- if not loop.last %}
    union all
        {%- endif %}
    {%- else %}
    select
        {% for column in columns -%}
        cast(null as {{ column.data_type }}) as {{ column.name }}{{ "," if not loop.last }}
        {% endfor %}
    from (select 1 as nothing) as empty_source
    where false
    {%- endfor %}
{% endmacro %}

{# Columns of the model at hand that sources deliver: all but those derived in the input layer. #}
{% macro contract_columns() %}
    {%- set found = [] -%}
    {%- for column in model.columns.values() -%}
        {%- if not column.config.get('meta', {}).get('is_derived') and not column.meta.get('is_derived') -%}
            {%- do found.append(column) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}
