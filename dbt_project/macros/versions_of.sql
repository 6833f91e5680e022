{# Versions of an entity's records by business day: the last that became known on a day stands from that day until the
   day before the next one, and none from the day on which the record was removed. `identified_by` says whether rows name an account, a user or both. #}

{% macro versions_of(entity, identified_by=[]) %}
    {%- set key = ['source_name'] + input_meta(entity).get('key', []) -%}
    {%- set record -%}
        {%- for column in key %}ranked.{{ column }}{{ ", " if not loop.last }}{% endfor -%}
    {%- endset -%}
with versions as (

    {% if identified_by -%}
    {{ identified_rows(entity, identified_by) }}
    {%- else -%}
    select source_rows.* from {{ ref('input_' ~ entity) }} as source_rows
    {%- endif %}

),

ranked as (

    select
        versions.*,
        row_number() over (
            partition by {{ record | replace('ranked.', 'versions.') }}, versions.known_date
            order by versions.known_at desc, versions.load_number desc
        ) as rank_in_day
    from versions

),

dated as (

    select
        ranked.*,
        ranked.known_date as valid_from_date,
        lead(ranked.known_date) over (partition by {{ record }} order by ranked.known_date) as valid_to_date
    from ranked
    where ranked.rank_in_day = 1

),

final as (

    {% set columns = all_input_columns(entity) -%}
    select
        {% if columns -%}
        {% for column in columns if column.name != 'is_removed' -%}
        dated.{{ column.name }},
        {% endfor -%}
        {% for kind in ['account', 'user'] if kind in identified_by -%}
        dated.source_{{ kind }}_id,
        {% endfor -%}
        dated.rank_in_day,
        dated.valid_from_date,
        dated.valid_to_date
        {%- else -%}
        dated.*
        {%- endif %}
    from dated
    where not coalesce(dated.is_removed, false)

)

select * from final
{%- endmacro %}

{# True where a version is the one in force on a day: known at its end, or valid by the registry. #}
{% macro in_force(alias, date_expression) %}
    {{ date_expression }} >= {{ alias }}.valid_from_date
    and ({{ alias }}.valid_to_date is null or {{ date_expression }} < {{ alias }}.valid_to_date)
{%- endmacro %}

{# True where a contract, as it is known, is live on a day; on its end it is not. #}
{% macro is_live_on(contracts, date_expression) %}
    {{ contracts }}.start_date <= {{ date_expression }}
    and ({{ contracts }}.end_date is null or {{ date_expression }} < {{ contracts }}.end_date)
{%- endmacro %}
