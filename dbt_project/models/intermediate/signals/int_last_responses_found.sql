-- The newest day on which the account attended an event, wrote a ticket or asked the community, as known by each day;
-- events are read 90 days back, and what is older is none.
-- That a post or ticket is deleted later does not undo that the customer spoke.
with days as (

    select * from {{ ref('int_account_days_listed') }}

),

engagements as (

    select * from {{ ref('int_engagement_facts') }}

),

tickets as (

    select * from {{ ref('int_ticket_facts') }}

),

responses as (

    select
        engagements.account_id,
        engagements.event_date,
        greatest(engagements.event_date, engagements.known_date) as told_date
    from engagements
    where engagements.engagement_kind in ('event_attended', 'community_question')
    union all
    select
        tickets.account_id,
        tickets.event_date,
        greatest(tickets.event_date, tickets.known_date) as told_date
    from tickets

),

told as (

    select
        responses.account_id,
        greatest(responses.told_date, {{ from_date() }}) as date_day,
        max(responses.event_date) as last_response_date
    from responses
    where
        responses.told_date <= {{ to_date() }}
        and responses.event_date >= {{ days_before(from_date(), 89) }}
    group by responses.account_id, greatest(responses.told_date, {{ from_date() }})

),

accounts as (

    select distinct told.account_id from told

),

spanned as (

    select
        accounts.account_id,
        spine.date_day,
        max(told.last_response_date) over (
            partition by accounts.account_id order by spine.date_day
            rows between unbounded preceding and current row
        ) as last_response_date
    from accounts
    cross join ({{ days_between(from_date(), to_date()) }}) as spine
    left join told on accounts.account_id = told.account_id and spine.date_day = told.date_day

),

final as (

    select
        days.account_id,
        days.date_day,
        case
            when days.date_day < {{ days_after('spanned.last_response_date', 90) }}
                then spanned.last_response_date
        end as last_response_date
    from days
    left join spanned on days.account_id = spanned.account_id and days.date_day = spanned.date_day

)

select * from final
