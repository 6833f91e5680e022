{{ config(materialized='incremental', meta={'range_column': 'date_day'}) }}

-- The first phase that holds, from the top. Where no source tells of tasks, or history is too short, nobody knows who
-- was helped, and nobody is taken to run alone.
with scores as (

    select * from {{ ref('int_scores_judged') }}

),

episodes as (

    select * from {{ ref('int_in_use_episodes_found') }}

),

measures as (

    select * from {{ ref('int_signal_measures_read') }}

),

touches as (

    select * from {{ ref('int_touches_found') }}

),

phases as (

    {{ seed_versions('support_phases') }}

),

bands as (

    {{ seed_versions('health_bands') }}

),

told as (

    select count(*) > 0 as has_tasks
    from {{ ref('int_columns_fed') }} as columns_fed
    where columns_fed.input_column = 'tasks.done_date'

),

asked as (

    select
        phases.valid_from_date,
        phases.valid_to_date,
        max(phases.minimum_days) filter (where phases.phase_id = 'self_running') as alone_days,
        max(phases.minimum_ladder_rung) filter (where phases.phase_id = 'skilled') as skilled_rung,
        max(phases.above_band) filter (where phases.phase_id = 'skilled') as skilled_band
    from phases
    group by phases.valid_from_date, phases.valid_to_date

),

judged as (

    select
        scores.account_id,
        scores.date_day,
        scores.usage_score,
        scores.is_in_use,
        scores.usage_score > bands.maximum_score or scores.is_in_use and measures.ladder_rung >= asked.skilled_rung
            as is_skilled,
        {{ dbt.datediff('touches.last_touch_date', 'scores.date_day', 'day') }} as days_since_human_touch,  -- noqa: LT05
        {{ dbt.datediff('episodes.first_seen_date', 'scores.date_day', 'day') }} + 1 as days_in_use,  -- noqa: LT05
        asked.alone_days,
        told.has_tasks
        and cast({{ dbt.dateadd('day', '1 - asked.alone_days', 'scores.date_day') }} as date)
        >= {{ history_start_date() }} as is_help_known
    from scores
    cross join told
    inner join asked on {{ in_force('asked', 'scores.date_day') }}
    inner join bands on asked.skilled_band = bands.band_id and {{ in_force('bands', 'scores.date_day') }}
    inner join episodes on scores.account_id = episodes.account_id and scores.date_day = episodes.date_day
    inner join touches on scores.account_id = touches.account_id and scores.date_day = touches.date_day
    left join measures on scores.account_id = measures.account_id and scores.date_day = measures.date_day

),

final as (

    select
        judged.account_id,
        judged.date_day,
        case
            when judged.usage_score is null then 'unknown'
            when not judged.is_in_use then 'sceptical'
            when
                judged.is_help_known
                and judged.days_in_use >= judged.alone_days
                and coalesce(judged.days_since_human_touch >= judged.alone_days, true)
                then 'self_running'
            when judged.is_skilled then 'skilled'
            else 'convinced'
        end as support_phase,
        judged.is_help_known,
        judged.days_since_human_touch
    from judged

)

select * from final
