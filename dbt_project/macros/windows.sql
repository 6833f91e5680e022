{# Rolling windows over a range of days without joining every day to its window. A fact counts on the days from the
   later of its own day and the day it became known, up to its own day + window - 1. Relations need `account_id`,
   `event_date` and `known_date`. Both windows give `account_id`, `date_day` and one figure for every day of the run. #}

{% macro distinct_in_window(relation, item, window_days, figure, where='true') %}
    {%- set changes %}
        select
            merged.account_id,
            case when signs.change = 1 then merged.starts_on else {{ days_after('merged.ends_on', 1) }} end as date_day,
            signs.change
        from ({{ merged_spans(relation, item, window_days, where) }}) as merged
        cross join (select 1 as change union all select -1 as change) as signs
    {%- endset -%}
    {{ running_total(relation, changes, figure) }}
{%- endmacro %}

{% macro sum_in_window(relation, amount, window_days, figure) %}
    {%- set changes %}
        select
            facts.account_id,
            case
                when signs.change = 1 then greatest(facts.event_date, facts.known_date, {{ from_date() }})
                else {{ days_after('facts.event_date', window_days) }}
            end as date_day,
            signs.change * facts.{{ amount }} as change
        from {{ relation }} as facts
        cross join (select 1 as change union all select -1 as change) as signs
        where {{ counts_in_run('facts', window_days) }}
    {%- endset -%}
    {{ running_total(relation, changes, figure) }}
{%- endmacro %}

{# Changes summed up day by day over the run, for every account that has facts. #}
{% macro running_total(relation, changes, figure) %}
    select
        days.account_id,
        days.date_day,
        sum(coalesce(changes.change, 0)) over (
            partition by days.account_id order by days.date_day rows between unbounded preceding and current row
        ) as {{ figure }}
    from (
        select accounts.account_id, spine.date_day
        from (select distinct facts.account_id from {{ relation }} as facts) as accounts
        cross join ({{ days_between(from_date(), to_date()) }}) as spine
    ) as days
    left join (
        select steps.account_id, steps.date_day, sum(steps.change) as change
        from ({{ changes }}) as steps
        group by steps.account_id, steps.date_day
    ) as changes
        on days.account_id = changes.account_id and days.date_day = changes.date_day
{%- endmacro %}

{# The spans of days on which an item counts, overlapping and adjacent ones merged into one. #}
{% macro merged_spans(relation, item, window_days, where) %}
    select islands.account_id, islands.item_id, min(islands.starts_on) as starts_on, max(islands.ends_on) as ends_on
    from (
        select
            marked.*,
            sum(marked.is_new) over (
                partition by marked.account_id, marked.item_id order by marked.starts_on, marked.ends_on
                rows between unbounded preceding and current row
            ) as island
        from (
            select
                spans.*,
                case
                    when spans.starts_on <= {{ days_after('max(spans.ends_on) over before_it', 1) }} then 0
                    else 1
                end as is_new
            from (
                select distinct
                    facts.account_id,
                    facts.{{ item }} as item_id,
                    greatest(facts.event_date, facts.known_date, {{ from_date() }}) as starts_on,
                    {{ days_after('facts.event_date', window_days - 1) }} as ends_on
                from {{ relation }} as facts
                where facts.{{ item }} is not null and {{ where }} and {{ counts_in_run('facts', window_days) }}
            ) as spans
            window before_it as (
                partition by spans.account_id, spans.item_id order by spans.starts_on, spans.ends_on
                rows between unbounded preceding and 1 preceding
            )
        ) as marked
    ) as islands
    group by islands.account_id, islands.item_id, islands.island
{%- endmacro %}

{# True where a fact counts on at least one day of the run. #}
{% macro counts_in_run(alias, window_days) %}
    {{ alias }}.event_date between {{ days_before(from_date(), window_days - 1) }} and {{ to_date() }}
    and {{ alias }}.known_date <= least({{ to_date() }}, {{ days_after(alias ~ '.event_date', window_days - 1) }})
{%- endmacro %}
