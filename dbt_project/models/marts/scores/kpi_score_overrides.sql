with overrides as (

    select * from {{ ref('mart_score_overrides') }}

),

final as (

    select
        overrides.override_owner_id,
        overrides.score_id,
        count(*) as override_count,
        count(*) filter (where overrides.verdict in ('right', 'wrong')) as judged_count,
        count(*) filter (where overrides.verdict = 'right') as right_count
    from overrides
    group by overrides.override_owner_id, overrides.score_id

)

select
    final.override_owner_id,
    final.score_id,
    final.override_count,
    final.judged_count,
    final.right_count,
    {{ ratio('final.right_count', 'final.judged_count', 9, 6) }} as hit_rate
from final
