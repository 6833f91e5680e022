-- What moved a score since 7 and since 28 days before, in this order: which measures have data (coverage), how much they
-- weigh (weight), what they are (input). Each step changes one thing and keeps the rest as it was; a measure without
-- points then has those of now. The three sum to the change, because each is the difference of two scores.
with components as (

    select * from {{ ref('int_score_components_weighted') }}

),

weights as (

    select * from {{ ref('int_weights_profiled') }}

),

scores as (

    select * from {{ ref('int_health_scores_summed') }}

),

sums as (

    select
        components.account_id,
        components.score_date,
        components.score_id,
        {%- for days in [7, 28] %}
        {%- set before = 'before_' ~ days %}
        {%- set kept = 'coalesce(components.points_' ~ days ~ 'd_before, components.points)' %}
        sum(cast({{ before }}.weight * {{ kept }} as numeric(28, 12))) as old_points_{{ days }}d,
        sum(cast({{ before }}.weight as numeric(28, 12))) as old_weight_{{ days }}d,
        sum(cast(components.weight * {{ kept }} as numeric(28, 12))) as new_points_{{ days }}d{{ "," if not loop.last }}
        {%- endfor %}
    from components
    {%- for days in [7, 28] %}
    {%- set before = 'before_' ~ days %}
    left join weights as {{ before }}
        on
            components.score_id = {{ before }}.score_id
            and components.measure_id = {{ before }}.measure_id
            and components.segment_{{ days }}d_before = {{ before }}.segment
            and components.stage_id_{{ days }}d_before = {{ before }}.stage_id
            and {{ in_force(before, days_before('components.score_date', days)) }}
    {%- endfor %}
    where components.points is not null
    group by components.account_id, components.score_date, components.score_id

),

stepped as (

    select
        sums.account_id,
        sums.score_date,
        sums.score_id,
        scores.score,
        {%- for days in [7, 28] %}
        {%- set before = 'before_' ~ days %}
        {{ before }}.score as score_{{ days }}d_before,
        coalesce(
            {{ ratio('sums.old_points_' ~ days ~ 'd', 'sums.old_weight_' ~ days ~ 'd') }},
            {{ ratio('sums.new_points_' ~ days ~ 'd', 'scores.weight_with_data') }}
        ) as score_with_coverage_{{ days }}d,
        {{ ratio('sums.new_points_' ~ days ~ 'd', 'scores.weight_with_data') }}
            as score_with_weight_{{ days }}d{{ "," if not loop.last }}
        {%- endfor %}
    from sums
    inner join scores
        on
            sums.account_id = scores.account_id
            and sums.score_date = scores.score_date
            and sums.score_id = scores.score_id
    {%- for days in [7, 28] %}
    {%- set before = 'before_' ~ days %}
    left join scores as {{ before }}
        on
            sums.account_id = {{ before }}.account_id
            and sums.score_id = {{ before }}.score_id
            and sums.score_date = {{ days_after(before ~ '.score_date', days) }}
            and {{ before }}.score_date >= {{ days_before(from_date(), days) }}
            and {{ before }}.score_date <= {{ days_before(to_date(), days) }}
            and {{ before }}.score is not null
    {%- endfor %}

),

final as (

    select
        stepped.account_id,
        stepped.score_date,
        stepped.score_id,
        {%- for days in [7, 28] %}
        {%- set was = 'stepped.score_' ~ days ~ 'd_before' %}
        {%- set covered = 'stepped.score_with_coverage_' ~ days ~ 'd' %}
        {%- set weighted = 'stepped.score_with_weight_' ~ days ~ 'd' %}
        {%- for part, later, earlier in [
            ('', 'stepped.score', was), ('coverage_', covered, was), ('weight_', weighted, covered),
            ('input_', 'stepped.score', weighted),
        ] %}
        case when {{ was }} is not null then cast({{ later }} - {{ earlier }} as numeric(18, 12)) end
            as {{ part }}change_{{ days }}d{{ "," if not (days == 28 and part == 'input_') }}
        {%- endfor %}
        {%- endfor %}
    from stepped

)

select * from final
