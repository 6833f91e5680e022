{# Rows of a dated seed with the days on which they hold: from their own date until the next date of the same key. Without
   a key the seed changes as a whole. `in_force` then finds the row of a day. #}

{% macro seed_versions(seed, key=[]) %}
    {%- set partition -%}
        {% if key %}partition by {% for column in key %}dates.{{ column }}{{ ", " if not loop.last }}{% endfor %} {% endif %}
    {%- endset -%}
    select
        seed_rows.*,
        versions.valid_to_date
    from {{ ref(seed) }} as seed_rows
    inner join (
        select
            dates.*,
            lead(dates.valid_from_date) over ({{ partition }}order by dates.valid_from_date) as valid_to_date
        from (
            select distinct
                {% for column in key %}told.{{ column }}, {% endfor %}told.valid_from_date
            from {{ ref(seed) }} as told
        ) as dates
    ) as versions
        on
            seed_rows.valid_from_date = versions.valid_from_date
            {%- for column in key %}
            and seed_rows.{{ column }} = versions.{{ column }}
            {%- endfor %}
{%- endmacro %}

{# Every row of the seeds as one text, with the days on which it holds. `registry` gives each seed's columns, `keys` what
   names a version of it where it does not change as a whole, `only` which rows count where not all do. #}
{% macro registry_rows(registry, keys, only={}) %}
    {%- for seed, columns in registry.items() %}
    select
        versions.valid_from_date,
        versions.valid_to_date,
        concat_ws('|', '{{ seed }}',
            {%- for column in columns %}
            coalesce(cast(versions.{{ column }} as {{ dbt.type_string() }}), '(none)'){{ "," if not loop.last }}
            {%- endfor %}
        ) as row_text
    from ({{ seed_versions(seed, keys.get(seed, [])) }}) as versions
    where {{ only.get(seed, 'true') }}
    {{ "union all" if not loop.last }}
    {%- endfor %}
{%- endmacro %}
