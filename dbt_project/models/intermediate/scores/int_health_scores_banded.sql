with summed as (

    select * from {{ ref('int_health_scores_summed') }}

),

scores as (

    {{ seed_versions('health_scores', ['score_id']) }}

),

bands as (

    {{ seed_versions('health_bands') }}

),

days as (

    {{ days_between(from_date(), to_date()) }}

),

-- The band shown is the worst of the last days: worse at once, better only after it has lasted. Each day's raw band
-- is spread over the days it holds. The look-back is bounded, so that a range of days and the same days one by one
-- give the same rows.
held as (

    select
        summed.account_id,
        summed.score_id,
        days.date_day as score_date,
        min(summed.raw_band_rank) as band_rank
    from summed
    inner join days
        on summed.score_date <= days.date_day and days.date_day <= {{ days_after('summed.score_date', 13) }}
    inner join scores
        on
            summed.score_id = scores.score_id
            and {{ in_force('scores', 'days.date_day') }}
            and days.date_day < {{ dbt.dateadd('day', 'scores.band_hold_days', 'summed.score_date') }}
    where
        summed.score_date >= {{ days_before(from_date(), 31) }}
        and summed.score_date <= {{ to_date() }}
    group by summed.account_id, summed.score_id, days.date_day

),

final as (

    select
        summed.account_id,
        summed.score_date,
        summed.score_id,
        raw_bands.band_id as raw_band,
        case when raw_bands.band_id = 'unknown' then 'unknown' else held_bands.band_id end as band,
        summed.score,
        summed.coverage_rate,
        summed.score_low,
        summed.score_high
    from summed
    inner join held
        on
            summed.account_id = held.account_id
            and summed.score_date = held.score_date
            and summed.score_id = held.score_id
    left join bands as held_bands
        on held.band_rank = held_bands.band_rank and {{ in_force('held_bands', 'summed.score_date') }}
    inner join bands as raw_bands
        on coalesce(summed.raw_band_rank, 0) = raw_bands.band_rank and {{ in_force('raw_bands', 'summed.score_date') }}

)

select * from final
