{%- set clicked = "facts.engagement_kind = 'mail_clicked'" -%}
{%- set attended = "facts.engagement_kind = 'event_attended'" -%}
{%- set asked = "facts.engagement_kind = 'community_question'" -%}
{%- set posted = "facts.engagement_kind in ('community_question', 'community_answer')" -%}
{%- set trained = "facts.engagement_kind = 'training_completed'" -%}
{%- set read = "facts.engagement_kind = 'help_read'" -%}
{%- set number = 'facts.engagement_count' -%}
{%- set end = 'facts.valid_to_date' -%}
with days as (

    select * from {{ ref('int_account_days_listed') }}

),

counted as (

    {{ figures_in_window(ref('int_engagement_facts'), {
        'mail_clicks_90d': {'sum': number, 'days': 90, 'where': clicked},
        'events_attended_90d': {'sum': number, 'days': 90, 'where': attended},
        'community_posts_90d': {'sum': number, 'days': 90, 'where': posted, 'until': end},
        'trainings_completed_365d': {'sum': number, 'days': 365, 'where': trained},
        'help_reads_90d': {'sum': number, 'days': 90, 'where': read},
        'responded_30d': {
            'distinct': "'any'", 'days': 30, 'until': end,
            'where': '(' ~ clicked ~ ' or ' ~ attended ~ ' or ' ~ asked ~ ')',
        },
    }) }}

),

final as (

    select
        days.account_id,
        days.date_day,
        coalesce(counted.mail_clicks_90d, 0) as mail_clicks_90d,
        coalesce(counted.events_attended_90d, 0) as events_attended_90d,
        coalesce(counted.community_posts_90d, 0) as community_posts_90d,
        coalesce(counted.responded_30d, 0) as responded_30d,
        coalesce(counted.trainings_completed_365d, 0) as trainings_completed_365d,
        coalesce(counted.help_reads_90d, 0) as help_reads_90d
    from days
    left join counted on days.account_id = counted.account_id and days.date_day = counted.date_day

)

select * from final
