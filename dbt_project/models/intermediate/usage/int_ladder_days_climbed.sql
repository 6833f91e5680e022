with days as (

    select * from {{ ref('int_account_days_listed') }}

),

rungs as (

    select * from {{ ref('int_ladder_rungs_listed') }}

),

climbed as (

    select * from {{ ref('int_ladder_rungs_climbed') }}

),

stood as (

    select
        days.account_id,
        days.date_day,
        rungs.rung,
        climbed.rung as reached_rung,
        case when days.date_day >= climbed.climbed_date then climbed.climbed_date end as climbed_date,
        max(climbed.rung) over (partition by days.account_id, days.date_day) as highest_rung_used
    from days
    inner join rungs on {{ in_force('rungs', 'days.date_day') }}
    left join climbed
        on
            days.account_id = climbed.account_id
            and rungs.rung = climbed.rung
            and days.date_day >= climbed.reached_date

),

told as (

    select
        stood.*,
        case when stood.reached_rung is null and stood.rung < stood.highest_rung_used then stood.rung end
            as skipped_rung
    from stood

),

final as (

    select
        told.account_id,
        told.date_day,
        max(told.rung) as top_rung,
        coalesce(max(told.rung) filter (where told.climbed_date is not null), 0) as ladder_rung,
        coalesce(max(told.highest_rung_used), 0) as highest_rung_used,
        {{ joined_numbers('told.skipped_rung') }} as skipped_rungs,
        count(told.skipped_rung) as skipped_rung_count,
        max(told.climbed_date) as rung_since_date
    from told
    group by told.account_id, told.date_day

)

select * from final
