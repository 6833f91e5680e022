with days as (

    select * from {{ ref('int_account_days_listed') }}

),

ratings as (

    {{ figures_in_window(ref('int_ticket_ratings_dated'), {
        'good_count_90d': {'sum': 'facts.good_count', 'days': 90},
        'rating_count_90d': {'sum': 'facts.rating_count', 'days': 90},
    }) }}

),

final as (

    select
        days.account_id,
        days.date_day,
        {{ ratio('ratings.good_count_90d', 'ratings.rating_count_90d', 18, 6) }} as csat_rate_90d
    from days
    left join ratings on days.account_id = ratings.account_id and days.date_day = ratings.date_day

)

select * from final
