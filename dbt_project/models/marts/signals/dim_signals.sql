with rules as (

    {{ seed_versions('signals', ['signal_id', 'segment']) }}

),

final as (

    select
        rules.*,
        coalesce(rules.minimum_age_days, 0) as from_age_days
    from rules
    where {{ in_force('rules', as_of_date()) }}

)

select
    final.signal_id,
    final.segment,
    final.signal_kind,
    final.theme,
    final.name_english,
    final.name_japanese,
    final.meaning_english,
    final.meaning_japanese,
    final.article,
    final.threshold_value,
    final.second_threshold_value,
    final.third_threshold_value,
    final.window_days,
    final.from_age_days as minimum_age_days,
    final.valid_from_date
from final
