with registry as (

    select * from {{ ref('health_measures') }}

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
        registry.window_days,
        registry.minimum_age_days
    from registry

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
    final.window_days,
    final.minimum_age_days
from final
