{# Changes of a record that came to be known after the days they speak of: one row per version and figure that differs
   from the version before. `figures` gives, by column, the SQL of the first business day whose facts the change
   alters, over the columns `new.…` and their former values `new.old_…`. #}

{% macro record_changes(versions, key, figures) %}
with ordered as (

    select
        versions.*,
        {% for figure in figures -%}
        lag(versions.{{ figure }}) over one_record as old_{{ figure }},
        {% endfor -%}
        row_number() over one_record as version_number
    from {{ versions }} as versions
    window one_record as (partition by versions.source_name, versions.{{ key }} order by versions.valid_from_date)

),

changes as (

    {% for figure, affected_date in figures.items() -%}
    select
        new.source_name,
        new.{{ key }} as record_id,
        new.account_id,
        '{{ figure }}' as figure,
        cast(new.old_{{ figure }} as {{ dbt.type_string() }}) as old_value,
        cast(new.{{ figure }} as {{ dbt.type_string() }}) as new_value,
        {{ affected_date }} as affected_date,
        new.valid_from_date as known_date
    from ordered as new
    where new.version_number > 1 and new.{{ figure }} is distinct from new.old_{{ figure }}
    {{ "union all" if not loop.last }}
    {% endfor %}

),

final as (

    select changes.*
    from changes
    where changes.affected_date < changes.known_date

)

select * from final
{%- endmacro %}
