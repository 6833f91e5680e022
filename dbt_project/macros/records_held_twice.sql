{# Records of any input entity that have two versions for one moment, or events that are held twice. #}
{% macro records_held_twice() %}
{% for entity in var('feeds') %}
    {%- set meta = input_meta(entity) -%}
    {%- set moment = ['source_name', 'known_at', 'load_number'] -%}
    {%- set key = ['event_key'] if meta.get('kind') == 'events' else moment + meta.get('key', []) %}
select
    '{{ entity }}' as entity,
    count(*) as row_count
from {{ ref('input_' ~ entity) }}
group by {{ key | join(', ') }}
having count(*) > 1
{{ "union all" if not loop.last }}
{%- endfor %}
{%- endmacro %}
