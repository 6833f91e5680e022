with scores as (

    {{ seed_versions('health_scores', ['score_id']) }}

),

final as (

    select
        scores.score_id,
        scores.name_english,
        scores.name_japanese,
        scores.meaning_english,
        scores.meaning_japanese,
        scores.minimum_coverage_rate,
        scores.band_hold_days,
        scores.valid_from_date
    from scores
    where {{ in_force('scores', as_of_date()) }}

)

select
    final.score_id,
    final.name_english,
    final.name_japanese,
    final.meaning_english,
    final.meaning_japanese,
    final.minimum_coverage_rate,
    final.band_hold_days,
    final.valid_from_date
from final
