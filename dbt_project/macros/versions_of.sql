{# Versions of a record by business day: the last that became known on a day stands from that day until the day
   before the next one. #}

{% macro versions_of(relation, key) %}
    select
        ranked.*,
        ranked.known_date as valid_from_date,
        lead(ranked.known_date) over (partition by ranked.{{ key }} order by ranked.known_date) as valid_to_date
    from (
        select
            versions.*,
            row_number() over (
                partition by versions.{{ key }}, versions.known_date
                order by versions.known_at desc, versions.load_number desc
            ) as rank_in_day
        from {{ relation }} as versions
    ) as ranked
    where ranked.rank_in_day = 1
{%- endmacro %}

{# True where a version is the one in force on a day: known at its end, or valid by the registry. #}
{% macro in_force(alias, date_expression) %}
    {{ date_expression }} >= {{ alias }}.valid_from_date
    and ({{ alias }}.valid_to_date is null or {{ date_expression }} < {{ alias }}.valid_to_date)
{%- endmacro %}
