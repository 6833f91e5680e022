with days as (

    select * from {{ ref('fct_feature_ladder') }}

),

rungs as (

    select * from {{ ref('fct_ladder_rungs') }}

),

climbed as (

    select
        rungs.account_id,
        coalesce(max(rungs.rung) filter (where rungs.climbed_date is not null), 0) as ladder_rung,
        max(rungs.climbed_date) as rung_since_date,
        count(*) filter (where rungs.is_skipped) as skipped_rung_count
    from rungs
    group by rungs.account_id

),

final as (

    select
        days.account_id,
        days.ladder_rung,
        climbed.ladder_rung as climbed_rung
    from days
    inner join climbed on days.account_id = climbed.account_id
    where
        days.date_day = {{ as_of_date() }}
        and (
            days.ladder_rung <> climbed.ladder_rung
            or days.skipped_rung_count <> climbed.skipped_rung_count
            or coalesce(days.rung_since_date <> climbed.rung_since_date, days.ladder_rung > 0)
        )

)

select * from final
