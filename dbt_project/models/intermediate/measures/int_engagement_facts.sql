-- Events are read only as far back as a window of the run can reach: a year for trainings, 90 days for the others. A
-- machine's click is nobody's. A post ceases to count on the day on which it is known to be deleted.
with events as (

    select * from {{ ref('int_engagements_identified') }}

),

posts as (

    select * from {{ ref('int_community_post_versions') }}

),

recent_events as (

    select
        events.account_id,
        events.engagement_kind,
        events.event_date,
        events.known_date
    from events
    where
        events.engaged_at >= {{ days_before(from_date(), 365) }}
        and events.engaged_at < {{ days_after(to_date(), 2) }}
        and events.event_date between {{ days_before(from_date(), 364) }} and {{ to_date() }}
        and events.known_date <= {{ to_date() }}
        and (
            events.engagement_kind = 'training_completed'
            or events.engagement_kind in ('mail_clicked', 'event_attended', 'help_read')
            and events.event_date >= {{ days_before(from_date(), 89) }}
        )
        and not coalesce(events.is_bot, false)

),

final as (

    select
        recent_events.account_id,
        recent_events.engagement_kind,
        recent_events.event_date,
        recent_events.known_date,
        cast(null as date) as valid_to_date,
        count(*) as engagement_count
    from recent_events
    where recent_events.account_id is not null
    group by
        recent_events.account_id, recent_events.engagement_kind, recent_events.event_date, recent_events.known_date
    union all
    select
        posts.account_id,
        concat('community_', posts.post_kind) as engagement_kind,
        {{ business_date('posts.posted_at') }} as event_date,
        posts.valid_from_date as known_date,
        posts.valid_to_date,
        count(*) as engagement_count
    from posts
    where
        posts.author_kind = 'customer'
        and posts.post_kind in ('question', 'answer')
        and not coalesce(posts.is_deleted, false)
        and posts.account_id is not null
    group by
        posts.account_id, posts.post_kind, {{ business_date('posts.posted_at') }}, posts.valid_from_date,
        posts.valid_to_date

)

select * from final
