with days as (

    select * from {{ ref('int_account_days_listed') }}

),

rules as (

    select * from {{ ref('int_signal_rules_profiled') }}

),

scores as (

    select * from {{ ref('int_scores_judged') }}

),

former_bands as (

    select * from {{ ref('int_band_episodes_found') }}
    where score_id = 'health'

),

bands as (

    {{ seed_versions('health_bands') }}

),

grouped as (

    select
        days.*,
        scores.health_score,
        scores.health_band_rank,
        scores.best_band_rank
    from days
    inner join scores on days.account_id = scores.account_id and days.date_day = scores.date_day
    where scores.health_band_rank is not null

),

final as (

    select
        grouped.account_id,
        grouped.date_day,
        rules.signal_id,
        grouped.best_band_rank - grouped.health_band_rank + 1 as value,
        grouped.best_band_rank - bands.band_rank + 1 as second_value,
        former_bands.score_date as evidence_date
    from grouped
    inner join rules on {{ is_rule_of('rules', 'band_falling', 'grouped') }}
    inner join former_bands
        on
            grouped.account_id = former_bands.account_id
            and former_bands.score_date
            = cast({{ dbt.dateadd('day', '-rules.window_days', 'grouped.date_day') }} as date)
    inner join bands on former_bands.band = bands.band_id and {{ in_force('bands', 'former_bands.score_date') }}
    where grouped.health_band_rank < bands.band_rank
    union all
    select
        grouped.account_id,
        grouped.date_day,
        rules.signal_id,
        grouped.health_score as value,
        cast(null as numeric(18, 6)) as second_value,
        cast(null as date) as evidence_date
    from grouped
    inner join rules
        on
            {{ is_rule_of('rules', 'second_group', 'grouped') }}
            and grouped.health_band_rank = grouped.best_band_rank - 1
    union all
    select
        grouped.account_id,
        grouped.date_day,
        rules.signal_id,
        grouped.health_score as value,
        cast(null as numeric(18, 6)) as second_value,
        cast(null as date) as evidence_date
    from grouped
    inner join rules
        on
            {{ is_rule_of('rules', 'top_group', 'grouped') }}
            and grouped.health_band_rank = grouped.best_band_rank

)

select * from final
