{# Figures of rolling windows over a range of days, without joining every day to its window: what begins to count on a day
   is added, what ceases to count is taken away, and the changes are summed up over the days of the run.

   `figures` names each figure and says what is counted:
   - `sum`: an expression over `facts` that is added up, or `distinct`: one whose values are counted once;
   - `days`: a fact counts from the later of its own day and the day it became known, for so many days of its own;
     with `until`, no longer than to the day before this one, null where it stands;
   - or `from_day` and `to_day`: the first and last day on which it counts, null for one that goes on;
   - `where`: which facts count (all).
   The relation needs `account_id`, and for `days` also `event_date` and `known_date`. The result has `account_id`,
   `date_day` and the figures, for every day of the run and every account that has facts. #}

{% macro figures_in_window(relation, figures) %}
    select
        grid.account_id,
        grid.date_day,
        {% for figure in figures -%}
        sum(coalesce(changes.{{ figure }}, 0)) over so_far as {{ figure }}{{ "," if not loop.last }}
        {% endfor %}
    from (
        select accounts.account_id, spine.date_day
        from (select distinct facts.account_id from {{ relation }} as facts where facts.account_id is not null) as accounts
        cross join ({{ days_between(from_date(), to_date()) }}) as spine
    ) as grid
    left join (
        select
            steps.account_id,
            steps.date_day,
            {% for figure in figures -%}
            sum(case when steps.figure = '{{ figure }}' then steps.change else 0 end) as {{ figure }}{{ "," if not loop.last }}
            {% endfor %}
        from (
            {% for figure, told in figures.items() -%}
            select
                spans.account_id,
                case when signs.sign = 1 then spans.from_day else {{ days_after('spans.to_day', 1) }} end as date_day,
                '{{ figure }}' as figure,
                signs.sign * spans.amount as change
            from (
                {{ merged_spans(relation, told) if 'distinct' in told else summed_spans(relation, told) }}
            ) as spans
            cross join (select 1 as sign union all select -1 as sign) as signs
            where signs.sign = 1 or spans.to_day < {{ to_date() }}
            {{ "union all" if not loop.last }}
            {% endfor %}
        ) as steps
        group by steps.account_id, steps.date_day
    ) as changes
        on grid.account_id = changes.account_id and grid.date_day = changes.date_day
    window so_far as (
        partition by grid.account_id order by grid.date_day rows between unbounded preceding and current row
    )
{%- endmacro %}

{# Facts added up by the span on which they count, within the run. #}
{% macro summed_spans(relation, told) %}
    select
        counted.account_id,
        counted.from_day,
        counted.to_day,
        sum(cast(counted.amount as numeric(18, 6))) as amount
    from (
        select
            facts.account_id,
            {{ told.sum }} as amount,
            {{ span_of('facts', told) }}
        from {{ relation }} as facts
        where {{ told.get('where', 'true') }} and {{ counts_in_run('facts', told) }}
    ) as counted
    where counted.account_id is not null and counted.amount is not null
    group by counted.account_id, counted.from_day, counted.to_day
{%- endmacro %}

{# The spans of days on which an item counts, overlapping and adjacent ones merged into one. #}
{% macro merged_spans(relation, told) %}
    select
        islands.account_id,
        islands.item_id,
        min(islands.from_day) as from_day,
        max(islands.to_day) as to_day,
        1 as amount
    from (
        select
            marked.*,
            sum(marked.is_new) over (
                partition by marked.account_id, marked.item_id order by marked.from_day, marked.to_day
                rows between unbounded preceding and current row
            ) as island
        from (
            select
                spans.*,
                case
                    when spans.from_day <= {{ days_after('max(spans.to_day) over before_it', 1) }} then 0
                    else 1
                end as is_new
            from (
                select distinct
                    facts.account_id,
                    {{ told.distinct }} as item_id,
                    {{ span_of('facts', told) }}
                from {{ relation }} as facts
                where {{ told.get('where', 'true') }} and {{ counts_in_run('facts', told) }}
            ) as spans
            where spans.account_id is not null and spans.item_id is not null
            window before_it as (
                partition by spans.account_id, spans.item_id order by spans.from_day, spans.to_day
                rows between unbounded preceding and 1 preceding
            )
        ) as marked
    ) as islands
    group by islands.account_id, islands.item_id, islands.island
{%- endmacro %}

{# First and last day of the run on which a fact counts. #}
{% macro span_of(alias, told) %}
    {%- if 'days' in told -%}
    greatest({{ alias }}.event_date, {{ alias }}.known_date, {{ from_date() }}) as from_day,
    least(
        {{ days_after(alias ~ '.event_date', told.days - 1) }}, {{ to_date() }}
        {%- if told.until %}, {{ days_before(told.until, 1) }}{% endif %}
    ) as to_day
    {%- else -%}
    greatest({{ told.from_day }}, {{ from_date() }}) as from_day,
    coalesce(least({{ told.to_day }}, {{ to_date() }}), {{ to_date() }}) as to_day
    {%- endif -%}
{%- endmacro %}

{# True where a fact counts on at least one day of the run. #}
{% macro counts_in_run(alias, told) %}
    {%- if 'days' in told -%}
    {{ alias }}.event_date between {{ days_before(from_date(), told.days - 1) }} and {{ to_date() }}
    and {{ alias }}.known_date <= least({{ to_date() }}, {{ days_after(alias ~ '.event_date', told.days - 1) }})
    {%- if told.until %}
    and coalesce({{ told.until }} > greatest({{ alias }}.event_date, {{ alias }}.known_date, {{ from_date() }}), true)
    {%- endif %}
    {%- else -%}
    {{ told.from_day }} <= {{ to_date() }}
    and coalesce({{ told.to_day }} >= greatest({{ told.from_day }}, {{ from_date() }}), true)
    {%- endif -%}
{%- endmacro %}
