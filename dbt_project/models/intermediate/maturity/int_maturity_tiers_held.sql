with axis_rows as (

    select * from {{ ref('int_maturity_axes_scored') }}

),

tiers as (

    {{ seed_versions('maturity_tiers') }}

),

axes as (

    select
        axis_rows.account_id,
        axis_rows.month_end_date,
        max(case when axis_rows.axis_id = 'depth' then axis_rows.score end) as depth_score,
        max(case when axis_rows.axis_id = 'breadth' then axis_rows.score end) as breadth_score,
        max(case when axis_rows.axis_id = 'height' then axis_rows.score end) as height_score
    from axis_rows
    group by axis_rows.account_id, axis_rows.month_end_date

),

bounded as (

    select
        axes.account_id,
        axes.month_end_date,
        axes.depth_score,
        axes.breadth_score,
        axes.height_score,
        {{ tier_reached(0) }} as tier_low,
        {{ tier_reached(4) }} as tier_high
    from axes
    left join tiers on {{ in_force('tiers', 'axes.month_end_date') }}
    group by axes.account_id, axes.month_end_date, axes.depth_score, axes.breadth_score, axes.height_score

),

looked_up as (

    select
        bounded.*,
        case when bounded.tier_low = bounded.tier_high then bounded.tier_low end as raw_tier
    from bounded

),

beside_the_month_before as (

    select
        looked_up.*,
        lag(looked_up.raw_tier) over months as former_tier,
        lag(looked_up.month_end_date) over months as former_month_end_date
    from looked_up
    window months as (partition by looked_up.account_id order by looked_up.month_end_date)

),

-- A tier is lost only after two months below it, so the better of the last two stands.
held as (

    select
        months.*,
        case
            when months.raw_tier is null then null
            when
                months.former_tier > months.raw_tier
                and months.month_end_date <= {{ days_after('months.former_month_end_date', 31) }}
                then months.former_tier
            else months.raw_tier
        end as tier
    from beside_the_month_before as months

),

final as (

    select
        held.account_id,
        held.month_end_date,
        held.tier,
        held.raw_tier,
        held.tier_low,
        held.tier_high,
        next_tiers.tier as next_tier,
        held.depth_score,
        held.breadth_score,
        held.height_score
    from held
    left join tiers as next_tiers
        on
            coalesce(held.tier, held.tier_low) + 1 = next_tiers.tier
            and {{ in_force('next_tiers', 'held.month_end_date') }}
    where {{ in_run('held.month_end_date') }}

)

select * from final
