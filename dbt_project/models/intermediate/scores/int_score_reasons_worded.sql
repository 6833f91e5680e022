-- The reasons as sentences, strongest first.
with ranked as (

    select * from {{ ref('int_score_reasons_ranked') }}

),

registry as (

    {{ seed_versions('health_measures', ['measure_id']) }}

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

),

worded as (

    select
        named.account_id,
        named.score_date,
        named.score_id,
        named.reason_kind,
        named.reason_rank,
        {{ reason_text('english') }} as text_english,
        {{ reason_text('japanese') }} as text_japanese
    from named

),

final as (

    select
        worded.account_id,
        worded.score_date,
        worded.score_id,
        {{ joined_reasons('up', 'english', ' ') }} as reasons_up_english,
        {{ joined_reasons('up', 'japanese', '') }} as reasons_up_japanese,
        {{ joined_reasons('down', 'english', ' ') }} as reasons_down_english,
        {{ joined_reasons('down', 'japanese', '') }} as reasons_down_japanese,
        {{ joined_reasons('change', 'english', '; ') }} as reasons_change_english,
        {{ joined_reasons('change', 'japanese', '、') }} as reasons_change_japanese
    from worded
    group by worded.account_id, worded.score_date, worded.score_id

)

select * from final
