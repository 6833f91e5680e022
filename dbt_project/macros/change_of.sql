{# A change of the score over so many days, out of one row for each span of days. #}
{% macro change_of(days, difference) %}
    cast(max(case when stepped.days = {{ days }} then {{ difference }} end) as numeric(18, 12))
{%- endmacro %}

{# Components that have points, once for each span of days, with the profile of the day before it. A measure without
   former points keeps those of now. #}
{% macro components_and_before(components, spans) %}
    {%- for days in spans %}
    select
        {{ components }}.account_id,
        {{ components }}.score_date,
        {{ components }}.score_id,
        {{ components }}.measure_id,
        {{ days }} as days,
        {{ days_before(components ~ '.score_date', days) }} as before_date,
        {{ components }}.segment_{{ days }}d_before as before_segment,
        {{ components }}.stage_id_{{ days }}d_before as before_stage_id,
        {{ components }}.weight,
        coalesce({{ components }}.points_{{ days }}d_before, {{ components }}.points) as kept_points
    from {{ components }}
    where {{ components }}.points is not null
    {{ "union all" if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# The change and its parts over each span of days. Where nothing that has data now weighed anything then, coverage takes
   what is neither weight nor input. #}
{% macro changes_over(spans) %}
    {%- set covered = 'coalesce(stepped.score_by_old_weight, stepped.score_by_weight)' -%}
    {%- for days in spans %}
        {{ change_of(days, 'stepped.score - stepped.score_before') }} as change_{{ days }}d,
        {{ change_of(days, covered ~ ' - stepped.score_before') }} as coverage_change_{{ days }}d,
        {{ change_of(days, 'stepped.score_by_weight - ' ~ covered) }} as weight_change_{{ days }}d,
        {{ change_of(days, 'stepped.score - stepped.score_by_weight') }} as input_change_{{ days }}d{{ "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}
