-- A rating counts from the day it was given; a source that does not say when is taken at the resolution.
with tickets as (

    select * from {{ ref('int_ticket_versions') }}

),

rated as (

    select
        tickets.ticket_id,
        tickets.account_id,
        tickets.satisfaction,
        tickets.known_date,
        {{ business_date('coalesce(tickets.rated_at, tickets.resolved_at, tickets.created_at)') }} as event_date,
        row_number() over (partition by tickets.ticket_id order by tickets.known_date) as rating_number
    from tickets
    where
        tickets.satisfaction in ('good', 'bad')
        and not coalesce(tickets.is_deleted, false)

),

final as (

    select
        rated.ticket_id,
        rated.account_id,
        rated.event_date,
        rated.known_date,
        case when rated.satisfaction = 'good' then 1 else 0 end as good_count,
        1 as rating_count
    from rated
    where rated.rating_number = 1

)

select * from final
