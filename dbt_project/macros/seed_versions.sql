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

{# A row of a seed as one text, for its fingerprint. #}
{% macro row_text(seed, columns) %}
    concat_ws('|', '{{ seed }}',
        {%- for column in columns %}
        coalesce(cast(versions.{{ column }} as {{ dbt.type_string() }}), '(none)'){{ "," if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
