-- A measure lifts a score where it has more than the two points in the middle of the scale, and lowers it below them, by
-- its weight. It moved the score by the weight of what its points have gained or lost in 28 days.
with components as (

    select * from {{ ref('int_score_components_weighted') }}

),

registry as (

    {{ seed_versions('health_measures', ['measure_id']) }}

),

-- Of two effects of one size that of the measure first in the alphabet comes first; effects have ten decimals.
places as (

    select
        listed.measure_id,
        row_number() over (order by listed.measure_id) * cast(0.000000000001 as numeric(13, 12)) as tie_break
    from (select distinct registry.measure_id from registry) as listed

),

summed as (

    select * from {{ ref('int_health_scores_summed') }}

),

effects as (

    {% for kind, effect, condition in [
        ('up', 'components.points - 2', 'components.points > 2'),
        ('down', '2 - components.points', 'components.points < 2'),
        ('change', 'components.points - components.points_28d_before',
         'components.points <> components.points_28d_before'),
    ] -%}
    {%- set weighed = 'components.weight * (' ~ effect ~ ')' -%}
    select
        components.account_id,
        components.score_date,
        components.score_id,
        components.measure_id,
        components.value,
        components.points,
        components.points_28d_before,
        '{{ kind }}' as reason_kind,
        {{ ratio(weighed, 'summed.weight_with_data') if kind == 'change' else weighed }} as effect
    from components
    {% if kind == 'change' -%}
    inner join summed
        on
            components.account_id = summed.account_id
            and components.score_date = summed.score_date
            and components.score_id = summed.score_id
    {% endif -%}
    where {{ condition }}
    {{ "union all" if not loop.last }}
    {% endfor %}

),

ranked as (

    select
        effects.*,
        row_number() over (
            partition by effects.account_id, effects.score_date, effects.score_id, effects.reason_kind
            order by abs(effects.effect) - places.tie_break desc
        ) as reason_rank
    from effects
    inner join places on effects.measure_id = places.measure_id

),

named as (

    select
        ranked.*,
        registry.name_english,
        registry.name_japanese,
        {{ value_text('ranked.value', 'registry.unit', 'yes', 'no') }} as value_english,
        {{ value_text('ranked.value', 'registry.unit', 'あり', 'なし') }} as value_japanese,
        case
            when registry.unit = 'share' then '%'
            when registry.unit_english is null then ''
            when ranked.value = 1
                then concat(' ', substring(registry.unit_english, 1, length(registry.unit_english) - 1))
            else concat(' ', registry.unit_english)
        end as unit_english,
        coalesce(registry.unit_japanese, '') as unit_japanese,
        {{ number_text('ranked.points', 1) }} as points_text,
        case
            when abs(ranked.points - ranked.points_28d_before) >= 0.05
                then {{ number_text('ranked.points_28d_before', 1) }}
        end as former_points_text,
        {{ signed_text('ranked.effect', 2) }} as effect_text
    from ranked
    inner join registry
        on ranked.measure_id = registry.measure_id and {{ in_force('registry', 'ranked.score_date') }}
    where ranked.reason_rank <= 3

),

worded as (

    select
        named.account_id,
        named.score_date,
        named.score_id,
        named.reason_kind,
        named.reason_rank,
        case
            when named.reason_kind = 'change' then concat(named.name_english, ' ', named.effect_text)
            when named.former_points_text is null
                then concat(
                    named.name_english, ': ', named.value_english, named.unit_english, ', ', named.points_text,
                    ' of 4 points.'
                )
            else concat(
                named.name_english, ': ', named.value_english, named.unit_english, ', ', named.points_text,
                ' of 4 points (28 days before ', named.former_points_text, ').'
            )
        end as text_english,
        case
            when named.reason_kind = 'change' then concat(named.name_japanese, ' ', named.effect_text)
            when named.former_points_text is null
                then concat(
                    named.name_japanese, '：', named.value_japanese, named.unit_japanese, '、4点中', named.points_text,
                    '点。'
                )
            else concat(
                named.name_japanese, '：', named.value_japanese, named.unit_japanese, '、4点中', named.points_text,
                '点（28日前は', named.former_points_text, '点）。'
            )
        end as text_japanese
    from named

),

final as (

    select
        worded.account_id,
        worded.score_date,
        worded.score_id,
        {%- for kind in ['up', 'down', 'change'] %}
        {%- for language, parting in ([('english', '; '), ('japanese', '、')] if kind == 'change' else [('english', ' '), ('japanese', '')]) %}
        nullif(concat_ws(
            '{{ parting }}'
            {%- for rank in [1, 2, 3] %},
            max(case when worded.reason_kind = '{{ kind }}' and worded.reason_rank = {{ rank }} then worded.text_{{ language }} end)
            {%- endfor %}
        ), '') as reasons_{{ kind }}_{{ language }}{{ "," if not (kind == 'change' and language == 'japanese') }}
        {%- endfor %}
        {%- endfor %}
    from worded
    group by worded.account_id, worded.score_date, worded.score_id

)

select * from final
