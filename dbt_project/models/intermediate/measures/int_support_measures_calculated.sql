{%- set open_escalation = {
    'sum': '1', 'where': 'facts.is_open and facts.is_escalated',
    'from_day': 'greatest(facts.event_date, facts.known_date)', 'to_day': days_before('facts.valid_to_date', 1),
} -%}
{%- set turned = {'distinct': 'facts.ticket_key', 'from_day': 'facts.from_day', 'to_day': 'facts.to_day'} -%}
with days as (

    select * from {{ ref('int_account_days_listed') }}

),

usage_windows as (

    select * from {{ ref('int_usage_windows_counted') }}

),

times as (

    select * from {{ ref('int_support_times_found') }}

),

ratings as (

    {{ figures_in_window(ref('int_ticket_ratings_dated'), {
        'good_count_90d': {'sum': 'facts.good_count', 'days': 90},
        'rating_count_90d': {'sum': 'facts.rating_count', 'days': 90},
    }) }}

),

tickets as (

    {{ figures_in_window(ref('int_ticket_facts'), {
        'ticket_count_90d': {'sum': '1', 'days': 90, 'until': 'facts.valid_to_date'},
        'open_escalations': open_escalation,
    }) }}

),

turns as (

    {{ figures_in_window(ref('int_ticket_turn_facts'), {
        'solved_count_90d': dict(turned, where='not facts.is_opened_again'),
        'reopened_count_90d': dict(turned, where='facts.is_opened_again'),
    }) }}

),

final as (

    select
        days.account_id,
        days.date_day,
        {{ ratio('coalesce(tickets.ticket_count_90d, 0)', 'usage_windows.active_user_count_28d', 18, 6) }}
            as tickets_per_active_user_90d,
        times.first_reply_minutes_median_90d,
        coalesce(tickets.open_escalations, 0) as open_escalations,
        {{ ratio('turns.reopened_count_90d', 'turns.solved_count_90d', 18, 6) }} as reopened_rate_90d,
        coalesce({{ dbt.datediff('times.oldest_open_date', 'days.date_day', 'day') }}, 0) as oldest_open_ticket_days,
        {{ ratio('ratings.good_count_90d', 'ratings.rating_count_90d', 18, 6) }} as csat_rate_90d
    from days
    inner join usage_windows
        on days.account_id = usage_windows.account_id and days.date_day = usage_windows.date_day
    left join times on days.account_id = times.account_id and days.date_day = times.date_day
    left join ratings on days.account_id = ratings.account_id and days.date_day = ratings.date_day
    left join tickets on days.account_id = tickets.account_id and days.date_day = tickets.date_day
    left join turns on days.account_id = turns.account_id and days.date_day = turns.date_day

)

select * from final
