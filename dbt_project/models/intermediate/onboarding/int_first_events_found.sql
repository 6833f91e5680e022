{{ config(materialized='incremental', meta={'range_column': 'reached_date'}) }}

-- Events are read once, in the run in which they become known; what was found before is read from the table itself, so
-- that a day costs no more as history grows. What happened before the first run counts from its first day.
with usage_facts as (

    select * from {{ ref('int_usage_recent_facts') }}

),

engagements as (

    select * from {{ ref('int_engagement_facts') }}

),

told as (

    select
        usage_facts.account_id,
        'first_change' as step_id,
        min(greatest(usage_facts.event_date, usage_facts.known_date, {{ from_date() }})) as reached_date
    from usage_facts
    where usage_facts.record_change_count > 0 and usage_facts.account_id is not null
    group by usage_facts.account_id
    union all
    select
        engagements.account_id,
        'training_completed' as step_id,
        min(greatest(engagements.event_date, engagements.known_date, {{ from_date() }})) as reached_date
    from engagements
    where engagements.engagement_kind = 'training_completed'
    group by engagements.account_id

),

found_before as (

    select
        found.account_id,
        found.step_id
    from {{ this if is_incremental() else 'told' }} as found
    where found.reached_date < {{ from_date() }}

),

final as (

    select
        told.account_id,
        told.step_id,
        told.reached_date
    from told
    left join found_before on told.account_id = found_before.account_id and told.step_id = found_before.step_id
    where {{ in_run('told.reached_date') }} and found_before.account_id is null

)

select * from final
