{{ config(materialized='incremental', meta={'range_column': 'first_used_date'}) }}

{%- set look_back = days_before(from_date(), var('usage_lookback_days')) -%}
{%- set first_day = look_back if is_incremental() else "cast('1970-01-02' as date)" -%}
-- Use that becomes known more than the look-back after its day is left out everywhere, so that a range gives what its
-- days give one by one. The first build reads all of history; later ones read the days before from the table itself.
with events as (

    select * from {{ ref('int_usage_events_identified') }}

),

told as (

    select
        events.account_id,
        events.feature_id,
        min(greatest(events.event_date, events.known_date)) as first_used_date
    from events
    where
        events.account_id is not null
        and events.known_date <= {{ to_date() }}
        and events.known_date <= {{ days_after('events.event_date', var('usage_lookback_days')) }}
        and events.event_at < {{ days_after(to_date(), 2) }}
        and events.event_date <= {{ to_date() }}
        and events.event_at >= {{ days_before(first_day, 1) }}
        and events.event_date >= {{ first_day }}
    group by events.account_id, events.feature_id

),

final as (

    select
        told.account_id,
        told.feature_id,
        told.first_used_date
    from told
    {% if is_incremental() -%}
    where
        not exists (
            select 1
            from {{ this }} as used_before
            where
                used_before.account_id = told.account_id
                and used_before.feature_id = told.feature_id
                and used_before.first_used_date < {{ from_date() }}
        )
    {%- endif %}

)

select * from final
