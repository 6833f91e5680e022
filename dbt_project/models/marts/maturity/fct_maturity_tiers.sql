{{ config(materialized='incremental', meta={'range_column': 'month_end_date'}) }}

with held as (

    select * from {{ ref('int_maturity_tiers_held') }}

),

gaps as (

    select * from {{ ref('int_maturity_gaps_worded') }}

),

tiers as (

    {{ seed_versions('maturity_tiers') }}

)

select
    held.account_id,
    held.month_end_date,
    held.tier,
    tiers.name_english as tier_name,
    tiers.name_japanese as tier_name_japanese,
    held.raw_tier,
    held.tier_low,
    held.tier_high,
    held.next_tier,
    held.depth_score,
    held.breadth_score,
    held.height_score,
    nullif(concat_ws(
        ', ',
        case when held.depth_score is null then 'depth' end,
        case when held.breadth_score is null then 'breadth' end,
        case when held.height_score is null then 'height' end
    ), '') as missing_axes,
    gaps.held_back_by,
    gaps.held_back_english,
    gaps.held_back_japanese,
    next_tiers.asks_english as next_tier_asks_english,
    next_tiers.asks_japanese as next_tier_asks_japanese
from held
left join gaps on held.account_id = gaps.account_id and held.month_end_date = gaps.month_end_date
left join tiers on held.tier = tiers.tier and {{ in_force('tiers', 'held.month_end_date') }}
left join tiers as next_tiers
    on held.next_tier = next_tiers.tier and {{ in_force('next_tiers', 'held.month_end_date') }}
