{# Statuses in which a ticket is resolved; closing what was solved before is no new resolution. #}
{% macro is_resolved_status(status) %}{{ status }} in ('solved', 'closed'){% endmacro %}

{# Ids that count up come in order: of numbers as text, the longer one is the larger. #}
{% macro in_order(moment, id) %}{{ moment }}, length({{ id }}), {{ id }}{% endmacro %}

{# The end of a business day, as a UTC timestamp. #}
{% macro end_of_business_day(date_expression) %}
    {{- utc_of_local('cast(' ~ days_after(date_expression, 1) ~ ' as timestamp)', "'" ~ var('business_timezone') ~ "'") -}}
{% endmacro %}

{# Rows of tickets once for each slice that they belong to: all, their segment, their channel. #}
{% macro sliced(tickets) %}
    select
        {{ tickets }}.*,
        kinds.slice_kind,
        case kinds.slice_kind when 'segment' then coalesce({{ tickets }}.segment, 'unknown') end as slice_segment,
        case kinds.slice_kind when 'channel' then coalesce({{ tickets }}.channel, 'unknown') end as slice_channel,
        concat_ws(':', kinds.slice_kind, case kinds.slice_kind
            when 'segment' then coalesce({{ tickets }}.segment, 'unknown')
            when 'channel' then coalesce({{ tickets }}.channel, 'unknown')
        end) as slice_id
    from {{ tickets }}
    cross join (
        select 'total' as slice_kind union all select 'segment' as slice_kind union all select 'channel' as slice_kind
    ) as kinds
{%- endmacro %}

{# Each slice of sliced rows once. #}
{% macro slices_of(rows) %}
    select distinct
        {{ rows }}.slice_id,
        {{ rows }}.slice_kind,
        {{ rows }}.slice_segment as segment,
        {{ rows }}.slice_channel as channel
    from {{ rows }}
{%- endmacro %}

{# Median and ninetieth percentile of the times of tickets in a group. #}
{% macro percentiles_of_minutes(tickets) -%}
    {%- for name in ['first_reply_calendar', 'first_reply_business', 'full_resolution_calendar',
                     'full_resolution_business'] -%}
    {{ percentile(tickets ~ '.' ~ name ~ '_minutes', 0.5) }} as median_{{ name }}_minutes,
    {{ percentile(tickets ~ '.' ~ name ~ '_minutes', 0.9) }} as p90_{{ name }}_minutes{{ ", " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{# Schedule of tickets that name none; null where the configuration has none. #}
{% macro default_schedule_id() %}
    {%- if var('default_schedule_id') -%}
        '{{ var("default_schedule_id") | replace("'", "''") }}'
    {%- else -%}
        cast(null as {{ dbt.type_string() }})
    {%- endif -%}
{% endmacro %}

{# Minutes by the calendar from one timestamp to another. #}
{% macro minutes_between(first_moment, last_moment) %}
    {{- minutes_of(microseconds_between(first_moment, last_moment)) -}}
{% endmacro %}

{# True where a segment of a schedule's running time holds a moment. #}
{% macro is_within(segment, schedule_id, moment) -%}
    {{ schedule_id }} = {{ segment }}.schedule_id
    and cast({{ moment }} as date) = {{ segment }}.moment_date
    and {{ moment }} >= {{ segment }}.start_at
    and {{ moment }} < {{ segment }}.next_start_at
{%- endmacro %}

{# Microseconds that a desk has worked up to a moment within a segment of its running time. #}
{% macro running_time(segment, moment) -%}
    {{ segment }}.microseconds_before
    + least({{ microseconds_between(segment ~ '.start_at', moment) }}, {{ segment }}.working_microseconds)
{%- endmacro %}
