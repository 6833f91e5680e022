{{ config(materialized='incremental', meta={'range_column': 'month_end_date'}) }}

with axes as (

    select * from {{ ref('int_maturity_axes_scored') }}

),

tiers as (

    select * from {{ ref('maturity_tiers') }}

),

-- A tier asks a minimum on every axis; an axis without data reaches none.
reached as (

    select
        axes.account_id,
        axes.month_end_date,
        axes.depth_score,
        axes.breadth_score,
        max(tiers.tier) as raw_tier
    from axes
    left join tiers
        on
            axes.depth_score >= tiers.minimum_depth_score
            and axes.breadth_score >= tiers.minimum_breadth_score
    where
        axes.month_end_date >= {{ days_before(from_date(), 31) }}
        and axes.month_end_date <= {{ to_date() }}
    group by axes.account_id, axes.month_end_date, axes.depth_score, axes.breadth_score

),

-- A tier is lost only after two months below it, so the better of the last two stands.
held as (

    select
        reached.*,
        greatest(
            reached.raw_tier,
            case
                when reached.month_end_date <= {{ days_after('lag(reached.month_end_date) over months', 31) }}
                    then lag(reached.raw_tier) over months
            end
        ) as tier
    from reached
    window months as (partition by reached.account_id order by reached.month_end_date)

),

final as (

    select
        held.account_id,
        held.month_end_date,
        held.raw_tier,
        held.tier,
        tiers.name_english as tier_name,
        held.depth_score,
        held.breadth_score,
        case
            when held.depth_score is null or held.breadth_score is null then 'no_source'
            when held.depth_score < next_tiers.minimum_depth_score
                and held.breadth_score < next_tiers.minimum_breadth_score then 'depth, breadth'
            when held.depth_score < next_tiers.minimum_depth_score then 'depth'
            when held.breadth_score < next_tiers.minimum_breadth_score then 'breadth'
        end as held_back_by
    from held
    left join tiers on held.tier = tiers.tier
    left join tiers as next_tiers on coalesce(held.tier, 0) + 1 = next_tiers.tier
    where {{ in_run('held.month_end_date') }}

)

select
    final.account_id,
    final.month_end_date,
    final.raw_tier,
    final.tier,
    final.tier_name,
    final.depth_score,
    final.breadth_score,
    final.held_back_by
from final
