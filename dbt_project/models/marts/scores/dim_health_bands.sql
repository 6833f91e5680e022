with bands as (

    {{ seed_versions('health_bands') }}

),

final as (

    select
        bands.band_id,
        bands.name_english,
        bands.name_japanese,
        bands.band_rank,
        bands.maximum_score
    from bands
    where {{ in_force('bands', as_of_date()) }}

)

select
    final.band_id,
    final.name_english,
    final.name_japanese,
    final.band_rank,
    final.maximum_score
from final
