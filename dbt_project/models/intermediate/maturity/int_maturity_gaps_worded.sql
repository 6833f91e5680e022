with held as (

    select * from {{ ref('int_maturity_tiers_held') }}

),

tiers as (

    {{ seed_versions('maturity_tiers') }}

),

labels as (

    {{ seed_versions('maturity_parts', ['axis_id', 'part_id']) }}

),

asked as (

    select
        held.account_id,
        held.month_end_date,
        labels.axis_id,
        tiers.name_english as next_tier_english,
        tiers.name_japanese as next_tier_japanese,
        labels.name_english as axis_english,
        labels.name_japanese as axis_japanese,
        case labels.axis_id
            when 'depth' then held.depth_score
            when 'breadth' then held.breadth_score
            else held.height_score
        end as score,
        case labels.axis_id
            when 'depth' then tiers.minimum_depth_score
            when 'breadth' then tiers.minimum_breadth_score
            else tiers.minimum_height_score
        end as minimum_score
    from held
    inner join tiers on held.next_tier = tiers.tier and {{ in_force('tiers', 'held.month_end_date') }}
    inner join labels on labels.axis_id = labels.part_id and {{ in_force('labels', 'held.month_end_date') }}

),

-- The furthest behind first; what is unknown comes last.
gaps as (

    select
        asked.*,
        row_number() over (
            partition by asked.account_id, asked.month_end_date
            order by
                case when asked.score is null then 1 else 0 end,
                asked.minimum_score - coalesce(asked.score, 0) desc,
                asked.axis_id
        ) as gap_rank
    from asked
    where asked.score < asked.minimum_score or (asked.score is null and asked.minimum_score > 0)

),

final as (

    select
        gaps.account_id,
        gaps.month_end_date,
        nullif(concat_ws(
            ', ',
            max(case when gaps.gap_rank = 1 and gaps.score is not null then gaps.axis_id end),
            max(case when gaps.gap_rank = 2 and gaps.score is not null then gaps.axis_id end),
            max(case when gaps.gap_rank = 3 and gaps.score is not null then gaps.axis_id end)
        ), '') as held_back_by,
        {{ held_back_sentence('english') }} as held_back_english,
        {{ held_back_sentence('japanese') }} as held_back_japanese
    from gaps
    group by gaps.account_id, gaps.month_end_date, gaps.next_tier_english, gaps.next_tier_japanese

)

select * from final
