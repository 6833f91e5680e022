with days as (

    select * from {{ ref('int_account_days_listed') }}

),

good_ratings as (

    {{ sum_in_window(ref('int_ticket_ratings_dated'), 'good_count', 90, 'good_count') }}

),

ratings as (

    {{ sum_in_window(ref('int_ticket_ratings_dated'), 'rating_count', 90, 'rating_count') }}

),

final as (

    select
        days.account_id,
        days.date_day,
        coalesce(good_ratings.good_count, 0) as good_count_90d,
        coalesce(ratings.rating_count, 0) as rating_count_90d
    from days
    left join good_ratings on days.account_id = good_ratings.account_id and days.date_day = good_ratings.date_day
    left join ratings on days.account_id = ratings.account_id and days.date_day = ratings.date_day

)

select * from final
