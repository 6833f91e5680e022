-- What the scores of a day say. A score below its minimum coverage says nothing, as in its band.
with days as (

    select * from {{ ref('int_account_days_listed') }}

),

summed as (

    select * from {{ ref('int_health_scores_summed') }}

),

banded as (

    select * from {{ ref('int_health_scores_banded') }}

),

bands as (

    {{ seed_versions('health_bands') }}

),

standards as (

    select
        bands.valid_from_date,
        bands.valid_to_date,
        max(bands.maximum_score) filter (where bands.band_id = 'below_line') as line_score,
        max(bands.band_rank) as best_band_rank
    from bands
    group by bands.valid_from_date, bands.valid_to_date

),

final as (

    select
        days.account_id,
        days.date_day,
        usage_scores.score as usage_score,
        usage_scores.score > standards.line_score as is_in_use,
        case when bands.band_rank > 0 then health_scores.score end as health_score,
        nullif(bands.band_rank, 0) as health_band_rank,
        standards.best_band_rank
    from days
    inner join standards on {{ in_force('standards', 'days.date_day') }}
    left join summed as usage_scores
        on
            days.account_id = usage_scores.account_id
            and days.date_day = usage_scores.score_date
            and usage_scores.score_id = 'usage'
            and usage_scores.raw_band_rank is not null
    left join banded as health_scores
        on
            days.account_id = health_scores.account_id
            and days.date_day = health_scores.score_date
            and health_scores.score_id = 'health'
    left join bands on health_scores.band = bands.band_id and {{ in_force('bands', 'days.date_day') }}

)

select * from final
