-- A rung counts as climbed from the day on which it and every one below it are reached.
with reached as (

    select * from {{ ref('int_ladder_rungs_reached') }}

),

counted as (

    select
        reached.*,
        count(*) over up_to_rung as reached_rung_count,
        max(reached.reached_date) over up_to_rung as last_reached_date
    from reached
    window up_to_rung as (
        partition by reached.account_id order by reached.rung rows between unbounded preceding and current row
    )

),

final as (

    select
        counted.account_id,
        counted.rung,
        counted.reached_date,
        case when counted.reached_rung_count = counted.rung then counted.last_reached_date end as climbed_date
    from counted

)

select * from final
