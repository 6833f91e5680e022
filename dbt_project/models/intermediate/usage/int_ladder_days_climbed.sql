with days as (

    select * from {{ ref('int_account_days_listed') }}

),

rungs as (

    {{ seed_versions('ladder_rungs') }}

),

reached as (

    select * from {{ ref('int_ladder_rungs_reached') }}

),

-- One below the lowest rung that is missing; the top where none is.
missed as (

    select
        days.account_id,
        days.date_day,
        max(rungs.rung) as top_rung,
        min(rungs.rung) filter (where reached.rung is null) as missing_rung
    from days
    inner join rungs on {{ in_force('rungs', 'days.date_day') }}
    left join reached
        on
            days.account_id = reached.account_id
            and rungs.rung = reached.rung
            and days.date_day >= reached.reached_date
    group by days.account_id, days.date_day

),

final as (

    select
        missed.account_id,
        missed.date_day,
        missed.top_rung,
        coalesce(missed.missing_rung - 1, missed.top_rung) as ladder_rung
    from missed

)

select * from final
