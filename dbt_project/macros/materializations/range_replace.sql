{# An incremental strategy for daily tables: the days of the run are deleted and written again, and no other day is
   touched. Rows that are gone from a rebuilt day are gone from the table. The model names its day in
   `meta.range_column`. #}

{% macro get_incremental_range_replace_sql(arg_dict) %}
    {%- set range_column = config.get('meta', {}).get('range_column') -%}
    {%- if not range_column -%}
        {{ exceptions.raise_compiler_error('range_replace needs config meta.range_column in ' ~ this) }}
    {%- endif -%}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    delete from {{ arg_dict['target_relation'] }} where {{ in_run(range_column) }};
    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    (select {{ columns }} from {{ arg_dict['temp_relation'] }})
{% endmacro %}
