with registry as (

    {{ seed_versions('health_measures', ['measure_id']) }}

),

final as (

    select
        registry.measure_id,
        registry.axis,
        registry.name_english,
        registry.name_japanese,
        registry.meaning_english,
        registry.meaning_japanese,
        registry.unit,
        registry.direction,
        registry.article,
        registry.segments,
        registry.stages,
        registry.window_days,
        registry.minimum_age_days,
        registry.valid_from_date
    from registry
    where {{ in_force('registry', as_of_date()) }}

)

select
    final.measure_id,
    final.axis,
    final.name_english,
    final.name_japanese,
    final.meaning_english,
    final.meaning_japanese,
    final.unit,
    final.direction,
    final.article,
    final.segments,
    final.stages,
    final.window_days,
    final.minimum_age_days,
    final.valid_from_date
from final
