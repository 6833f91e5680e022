{# Days of an uninterrupted state as episodes: each row of the run with the day on which its state was first seen. The
   day before the run, read from the table itself, is the seed: an episode that touches it goes on with its first day,
   so that a range of days and the same days one by one give the same rows. A changed day means that every day after it
   is built again. `record` are the columns that name whose state it is; without `state` a row is the state itself. #}

{% macro episodes(rows, record, day, state=none) %}
    {%- set columns = record + [day] + ([state] if state else []) -%}
with told as (

    select
        {% for column in columns -%}
        told_rows.{{ column }},
        {% endfor -%}
        cast(null as date) as first_seen_date
    from {{ rows }} as told_rows
    where {{ in_run('told_rows.' ~ day) }}
    {% if is_incremental() -%}
    union all
    select
        {% for column in columns -%}
        seed.{{ column }},
        {% endfor -%}
        seed.first_seen_date
    from {{ this }} as seed
    where seed.{{ day }} = {{ days_before(from_date(), 1) }}
    {%- endif %}

),

marked as (

    select
        told.*,
        case
            when
                {% if state -%}
                lag(told.{{ state }}) over one_record = told.{{ state }} and
                {% endif -%}
                {{ days_after('lag(told.' ~ day ~ ') over one_record', 1) }} = told.{{ day }}
                then 0
            else 1
        end as is_first
    from told
    window one_record as (
        partition by {% for column in record %}told.{{ column }}{{ ", " if not loop.last }}{% endfor %} order by told.{{ day }}
    )

),

numbered as (

    select
        marked.*,
        sum(marked.is_first) over (
            partition by {% for column in record %}marked.{{ column }}{{ ", " if not loop.last }}{% endfor %}
            order by marked.{{ day }} rows between unbounded preceding and current row
        ) as episode_number
    from marked

),

dated as (

    select
        numbered.*,
        least(
            min(numbered.{{ day }}) over one_episode, min(numbered.first_seen_date) over one_episode
        ) as episode_first_seen_date
    from numbered
    window one_episode as (
        partition by
            {% for column in record %}numbered.{{ column }}, {% endfor %}numbered.episode_number
    )

),

final as (

    select
        {% for column in columns -%}
        dated.{{ column }},
        {% endfor -%}
        dated.episode_first_seen_date as first_seen_date
    from dated
    where {{ in_run('dated.' ~ day) }}

)

select * from final
{%- endmacro %}
