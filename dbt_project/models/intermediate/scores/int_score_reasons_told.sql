-- A measure lifts a score where it has more than the two points in the middle of the scale, and lowers it below them, by
-- its weight. It moved the score by the weight of what its points have gained or lost in 28 days.
with components as (

    select * from {{ ref('int_score_components_weighted') }}

),

registry as (

    {{ seed_versions('health_measures', ['measure_id']) }}

),

summed as (

    select * from {{ ref('int_health_scores_summed') }}

),

effects as (

    select
        components.*,
        'level' as effect_kind,
        components.weight * (components.points - 2) as effect
    from components
    where components.points <> 2
    union all
    select
        components.*,
        'change' as effect_kind,
        components.weight * (components.points - components.points_28d_before) as effect
    from components
    where components.points <> components.points_28d_before

),

ranked as (

    select
        effects.*,
        row_number() over (
            partition by
                effects.account_id, effects.score_date, effects.score_id, effects.effect_kind,
                case when effects.effect_kind = 'change' or effects.effect > 0 then 'up' else 'down' end
            order by abs(effects.effect) desc, effects.measure_id
        ) as reason_rank
    from effects

),

named as (

    select
        ranked.account_id,
        ranked.score_date,
        ranked.score_id,
        ranked.reason_rank,
        case
            when ranked.effect_kind = 'change' then 'change'
            when ranked.effect > 0 then 'up'
            else 'down'
        end as reason_kind,
        ranked.value,
        ranked.points,
        ranked.points_28d_before,
        registry.name_english,
        registry.name_japanese,
        registry.unit,
        registry.unit_japanese,
        case
            when registry.unit = 'share' then '%'
            when ranked.value = 1
                then concat(' ', substring(registry.unit_english, 1, length(registry.unit_english) - 1))
            else concat(' ', registry.unit_english)
        end as unit_english,
        {{ ratio('ranked.effect', 'summed.weight_with_data') }} as effect
    from ranked
    inner join registry
        on ranked.measure_id = registry.measure_id and {{ in_force('registry', 'ranked.score_date') }}
    inner join summed
        on
            ranked.account_id = summed.account_id
            and ranked.score_date = summed.score_date
            and ranked.score_id = summed.score_id
    where ranked.reason_rank <= 3

),

worded as (

    select
        named.*,
        case named.reason_kind
            when 'change' then concat(named.name_english, ' ', {{ signed_text('named.effect', 2) }})
            else concat(
                named.name_english, ': ', {{ value_text('named.value', 'named.unit', 'named.unit_english') }}, ', ',
                {{ number_text('named.points', 1) }}, ' of 4 points',
                case
                    when abs(named.points - named.points_28d_before) >= 0.05
                        then concat(' (28 days before ', {{ number_text('named.points_28d_before', 1) }}, ')')
                    else ''
                end,
                '.'
            )
        end as text_english,
        case named.reason_kind
            when 'change' then concat(named.name_japanese, ' ', {{ signed_text('named.effect', 2) }})
            else concat(
                named.name_japanese, '：', {{ value_text('named.value', 'named.unit', 'named.unit_japanese') }}, '、4点中',
                {{ number_text('named.points', 1) }}, '点',
                case
                    when abs(named.points - named.points_28d_before) >= 0.05
                        then concat('（28日前は', {{ number_text('named.points_28d_before', 1) }}, '点）')
                    else ''
                end,
                '。'
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
