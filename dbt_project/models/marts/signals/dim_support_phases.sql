with phases as (

    {{ seed_versions('support_phases') }}

),

final as (

    select phases.*
    from phases
    where {{ in_force('phases', as_of_date()) }}

)

select
    final.phase_id as support_phase,
    final.name_english,
    final.name_japanese,
    final.meaning_english,
    final.meaning_japanese,
    final.asks_english,
    final.asks_japanese,
    final.phase_order
from final
