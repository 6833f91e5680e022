-- The default rung is the first success on the first day, from its climbing on, on which none is agreed: that day
-- itself, or the day on which an agreement ends.
with targets as (

    select * from {{ ref('int_account_targets_dated') }}

),

climbed as (

    select * from {{ ref('int_ladder_rungs_climbed') }}

),

items as (

    select * from {{ ref('int_first_success_items_dated') }}

),

rung_days as (

    select
        targets.account_id,
        climbed.climbed_date
    from targets
    inner join climbed
        on targets.account_id = climbed.account_id and targets.default_success_rung = climbed.rung
    where climbed.climbed_date is not null

),

candidates as (

    select
        rung_days.account_id,
        rung_days.climbed_date as date_day
    from rung_days
    union
    select
        rung_days.account_id,
        items.valid_to_date as date_day
    from rung_days
    inner join items on rung_days.account_id = items.account_id and rung_days.climbed_date < items.valid_to_date

),

final as (

    select
        candidates.account_id,
        min(candidates.date_day) as success_date
    from candidates
    left join items
        on candidates.account_id = items.account_id and {{ in_force('items', 'candidates.date_day') }}
    where items.account_id is null
    group by candidates.account_id

)

select * from final
