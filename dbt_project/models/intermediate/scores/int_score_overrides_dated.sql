-- Of several overrides of a score on a day the one that began last counts.
with days as (

    {{ days_between(from_date(), to_date()) }}

),

overrides as (

    select * from {{ ref('int_score_override_versions') }}

),

bands as (

    {{ seed_versions('health_bands') }}

),

in_effect as (

    select
        overrides.account_id,
        days.date_day as score_date,
        overrides.score_id,
        overrides.override_id,
        overrides.owner_id,
        overrides.override_score,
        overrides.override_band,
        overrides.start_date,
        overrides.end_date,
        row_number() over (
            partition by overrides.account_id, days.date_day, overrides.score_id
            order by overrides.start_date desc, overrides.override_id asc
        ) as recency
    from overrides
    inner join days
        on
            {{ in_force('overrides', 'days.date_day') }}
            and days.date_day >= overrides.start_date
            and days.date_day < overrides.end_date

),

final as (

    select
        in_effect.account_id,
        in_effect.score_date,
        in_effect.score_id,
        in_effect.override_id,
        in_effect.owner_id,
        cast(in_effect.override_score as numeric(18, 12)) as override_score,
        coalesce(in_effect.override_band, by_score.band_id) as override_band,
        in_effect.start_date,
        in_effect.end_date
    from in_effect
    left join bands as by_score
        on
            {{ in_force('by_score', 'in_effect.score_date') }}
            and in_effect.override_score <= by_score.maximum_score
            and not exists (
                select 1
                from bands as lower_bands
                where
                    {{ in_force('lower_bands', 'in_effect.score_date') }}
                    and lower_bands.band_rank < by_score.band_rank
                    and in_effect.override_score <= lower_bands.maximum_score
            )
    where in_effect.recency = 1

)

select * from final
