-- An override is right where the account goes its way within 90 days: to its band or beyond, and out or not out.
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
        {{ days_after('held.score_date', 90) }} as judged_date
    from held
    inner join bands as raw_bands on held.raw_band = raw_bands.band_id
    inner join bands as override_bands on held.effective_band = override_bands.band_id
    where held.day_number = 1

),

followed as (

    select
        opened.override_id,
        min(later_bands.band_rank) as worst_rank,
        max(later_bands.band_rank) as best_rank
    from opened
    inner join scores as later
        on opened.account_id = later.account_id and opened.score_id = later.score_id
    inner join bands as later_bands on later.raw_band = later_bands.band_id and later_bands.band_rank > 0
    where later.score_date > opened.start_date and later.score_date <= opened.judged_date
    group by opened.override_id

),

departed as (

    select opened.override_id
    from opened
    inner join contracts on opened.account_id = contracts.account_id and opened.start_date < contracts.end_date
    left join scores
        on opened.account_id = scores.account_id and contracts.end_date <= scores.score_date
    where contracts.end_date <= opened.judged_date and contracts.renewal_status in ('churned', 'replaced')
    group by opened.override_id, contracts.contract_id
    having count(scores.account_id) = 0

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
        opened.override_id in (select departed.override_id from departed) as has_left,
        followed.worst_rank <= opened.override_band_rank as has_fallen,
        followed.best_rank >= opened.override_band_rank as has_risen
    from opened
    left join followed on opened.override_id = followed.override_id

)

select
    judged.override_id,
    judged.account_id,
    judged.score_id,
    judged.override_owner_id,
    judged.raw_band,
    judged.override_band,
    judged.direction,
    case
        when judged.direction in ('same', 'unknown') then 'not_judged'
        when judged.direction = 'worse' and (judged.has_left or judged.has_fallen) then 'right'
        when judged.has_left then 'wrong'
        when judged.judged_date > {{ as_of_date() }} then 'open'
        when judged.direction = 'better' and judged.has_risen then 'right'
        else 'wrong'
    end as verdict,
    judged.has_left,
    judged.score,
    judged.override_score,
    judged.start_date,
    judged.end_date
from judged
