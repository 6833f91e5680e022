{# An incremental strategy for daily tables: the days of the run are deleted and written again, and no other day is
   touched. Rows that are gone from a rebuilt day are gone from the table. The model names its day in
   `meta.range_column`. #}

{% macro get_incremental_range_replace_sql(arg_dict) %}
    {%- set range_column = arg_dict.get('range_column') or config.get('meta', {}).get('range_column') -%}
    {%- if not range_column -%}
        {{ exceptions.raise_compiler_error('range_replace needs config meta.range_column in ' ~ this) }}
    {%- endif -%}
    {{- adapter.dispatch('range_replace', 'bansou')(arg_dict, range_column) -}}
{% endmacro %}

{% macro default__range_replace(arg_dict, range_column) %}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    delete from {{ arg_dict['target_relation'] }} where {{ in_run(range_column) }};
    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    (select {{ columns }} from {{ arg_dict['temp_relation'] }})
{% endmacro %}

{# Parquet tables know no delete: their partitions, one a day, are dropped. Overwriting alone would leave the old rows of
   a day that has none any more. #}
{% macro spark__range_replace(arg_dict, range_column) %}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='name') | list -%}
    {%- set first = modules.datetime.date.fromisoformat(env_var('BANSOU_FROM_DATE', var('history_start_date'))) -%}
    {%- set last = modules.datetime.date.fromisoformat(env_var('BANSOU_TO_DATE', var('history_start_date'))) -%}
    {%- for number in range((last - first).days + 1) -%}
        {%- set day = first + modules.datetime.timedelta(days=number) -%}
    alter table {{ arg_dict['target_relation'] }} drop if exists partition ({{ range_column }} = '{{ day.isoformat() }}');
    {% endfor -%}
    insert into {{ arg_dict['target_relation'] }} ({{ columns | join(', ') }})
    select {{ columns | join(', ') }} from {{ arg_dict['temp_relation'] }}
{% endmacro %}
