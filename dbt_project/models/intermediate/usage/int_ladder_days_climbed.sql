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

final as (

    select
        stood.account_id,
        stood.date_day,
        max(stood.rung) as top_rung,
        coalesce(max(stood.rung) filter (where stood.climbed_date is not null), 0) as ladder_rung,
        coalesce(max(stood.highest_rung_used), 0) as highest_rung_used,
        {{ joined_numbers('case when stood.reached_rung is null and stood.rung < stood.highest_rung_used then stood.rung end') }}
            as skipped_rungs,
        count(*) filter (where stood.reached_rung is null and stood.rung < stood.highest_rung_used)
            as skipped_rung_count,
        max(stood.climbed_date) as rung_since_date
    from stood
    group by stood.account_id, stood.date_day

)

select * from final
