-- The few items that count on a day are laid out by day, because neither a median nor the oldest can be carried along.
with tickets as (

    select * from {{ ref('int_ticket_facts') }}

),

replies as (

    select * from {{ ref('int_first_reply_facts') }}

),

items as (

    select
        replies.account_id,
        replies.first_reply_minutes,
        cast(null as date) as open_since_date,
        greatest(replies.from_day, {{ from_date() }}) as from_day,
        least(replies.to_day, {{ to_date() }}) as to_day
    from replies
    union all
    select
        tickets.account_id,
        cast(null as numeric(18, 2)) as first_reply_minutes,
        tickets.event_date as open_since_date,
        greatest(tickets.event_date, tickets.known_date, {{ from_date() }}) as from_day,
        least({{ days_before('tickets.valid_to_date', 1) }}, {{ to_date() }}) as to_day
    from tickets
    where tickets.is_open

),

counting as (

    select items.*
    from items
    where items.from_day <= items.to_day

),

dated as (

    {{ days_of_each('counting', 'counting.from_day', 'counting.to_day') }}

),

final as (

    select
        dated.account_id,
        dated.date_day,
        {{ percentile('dated.first_reply_minutes', 0.5) }} as first_reply_minutes_median_90d,
        min(dated.open_since_date) as oldest_open_date
    from dated
    group by dated.account_id, dated.date_day

)

select * from final
