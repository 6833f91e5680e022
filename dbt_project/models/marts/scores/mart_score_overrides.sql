{%- set judged_days = 90 -%}

-- An override is right where, within 90 days of its first day, the account went the way it said: to its band or a worse
-- one, or out; to its band or a better one, and not out. It looks at what came later; no score reads it.
with scores as (

    select * from {{ ref('fct_health_scores') }}

),

bands as (

    select * from {{ ref('dim_health_bands') }}

),

contracts as (

    select * from {{ ref('fct_contracts') }}

),

held as (

    select
        scores.*,
        row_number() over (partition by scores.override_id order by scores.score_date) as day_number
    from scores
    where scores.override_id is not null

),

opened as (

    select
        held.override_id,
        held.account_id,
        held.score_id,
        held.override_owner_id,
        held.raw_band,
        held.effective_band as override_band,
        held.score,
        held.effective_score as override_score,
        raw_bands.band_rank,
        override_bands.band_rank as override_band_rank,
        held.score_date as start_date,
        held.override_end_date as end_date,
        {{ days_after('held.score_date', judged_days) }} as judged_date
    from held
    inner join bands as raw_bands on held.raw_band = raw_bands.band_id
    inner join bands as override_bands on held.effective_band = override_bands.band_id
    where held.day_number = 1

),

followed as (

    select
        opened.override_id,
        min(later_bands.band_rank) as worst_band_rank,
        max(later_bands.band_rank) as best_band_rank
    from opened
    inner join scores as later
        on
            opened.account_id = later.account_id
            and opened.score_id = later.score_id
            and later.score_date > opened.start_date
            and later.score_date <= opened.judged_date
    inner join bands as later_bands on later.raw_band = later_bands.band_id and later_bands.band_rank > 0
    group by opened.override_id

),

departed as (

    select distinct opened.override_id
    from opened
    inner join contracts
        on
            opened.account_id = contracts.account_id
            and contracts.renewal_status in ('churned', 'replaced')
            and contracts.end_date > opened.start_date
            and contracts.end_date <= opened.judged_date
    where not exists (
        select 1
        from scores
        where scores.account_id = opened.account_id and scores.score_date >= contracts.end_date
    )

),

judged as (

    select
        opened.*,
        case
            when opened.band_rank = 0 then 'unknown'
            when opened.override_band_rank < opened.band_rank then 'worse'
            when opened.override_band_rank > opened.band_rank then 'better'
            else 'same'
        end as direction,
        departed.override_id is not null as has_left,
        opened.judged_date <= {{ as_of_date() }} as is_over,
        coalesce(followed.worst_band_rank <= opened.override_band_rank, false) as has_fallen,
        coalesce(followed.best_band_rank >= opened.override_band_rank, false) as has_risen
    from opened
    left join followed on opened.override_id = followed.override_id
    left join departed on opened.override_id = departed.override_id

),

final as (

    select
        judged.*,
        case
            when judged.direction in ('same', 'unknown') then 'not_judged'
            when judged.direction = 'worse' and (judged.has_left or judged.has_fallen) then 'right'
            when judged.has_left then 'wrong'
            when not judged.is_over then 'open'
            when judged.direction = 'better' and judged.has_risen then 'right'
            else 'wrong'
        end as verdict
    from judged

)

select
    final.override_id,
    final.account_id,
    final.score_id,
    final.override_owner_id,
    final.raw_band,
    final.override_band,
    final.direction,
    final.verdict,
    final.has_left,
    final.score,
    final.override_score,
    final.start_date,
    final.end_date,
    final.judged_date
from final
