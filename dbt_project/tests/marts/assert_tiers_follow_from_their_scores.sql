-- A tier is reached by the scores known, or by any that the missing ones may be, where it is not above the bound, and
-- nowhere else.
with months as (

    select * from {{ ref('fct_maturity_tiers') }}

),

tiers as (

    {{ seed_versions('maturity_tiers') }}

),

axes as (

    select *
    from {{ ref('fct_maturity_scores') }}
    where part_id is null

),

asked as (

    select
        axes.account_id,
        axes.month_end_date,
        tiers.tier,
        count(*) as axis_count,
        count(*) filter (where coalesce(axes.score, 0) >= case axes.axis_id
            when 'depth' then tiers.minimum_depth_score
            when 'breadth' then tiers.minimum_breadth_score
            else tiers.minimum_height_score
        end) as surely_reached_count,
        count(*) filter (where coalesce(axes.score, 4) >= case axes.axis_id
            when 'depth' then tiers.minimum_depth_score
            when 'breadth' then tiers.minimum_breadth_score
            else tiers.minimum_height_score
        end) as possibly_reached_count
    from axes
    inner join tiers on {{ in_force('tiers', 'axes.month_end_date') }}
    where {{ in_run('axes.month_end_date') }}
    group by axes.account_id, axes.month_end_date, tiers.tier

),

final as (

    select
        months.account_id,
        months.month_end_date,
        months.tier_low,
        months.tier_high,
        asked.tier
    from months
    left join asked on months.account_id = asked.account_id and months.month_end_date = asked.month_end_date
    where
        {{ in_run('months.month_end_date') }}
        and (
            asked.account_id is null
            or (asked.surely_reached_count = 3) <> (asked.tier <= months.tier_low)
            or (asked.possibly_reached_count = asked.axis_count) <> (asked.tier <= months.tier_high)
        )

)

select * from final
